/**
 * The SMTP gateway as a program of its own, for a machine that receives mail for a Worker elsewhere.
 *
 * INBOUND_MAIL_SECRET=… node tools/bootstrap.mjs tools/smtp-gateway.ts --worker https://hilo.example.com
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startSmtpGateway } from "./smtp-gateway/gateway.ts";
import { LOOPBACK } from "./start/ports.ts";

const USAGE = `Usage: INBOUND_MAIL_SECRET=… node tools/bootstrap.mjs tools/smtp-gateway.ts --worker URL [options]

  --worker URL      where Hilo answers, such as https://hilo.example.com
  --port 2525       where mail is received
  --host ${LOOPBACK}  the address to listen on; 0.0.0.0 for every interface
  --name NAME       the host that your MX record names; said in the greeting instead of "hilo"
  --cert FILE --key FILE   PEM files; with them STARTTLS is offered`;

function fail(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        worker: { type: "string", default: "" },
        port: { type: "string", default: "2525" },
        host: { type: "string", default: LOOPBACK },
        name: { type: "string" },
        cert: { type: "string" },
        key: { type: "string" },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const { worker, port, host, name, cert, key } = readOptions();
const secret = process.env.INBOUND_MAIL_SECRET ?? "";
if (!URL.canParse(worker)) fail("--worker must be a URL.");
if (!/^\d{1,5}$/.test(port)) fail("--port must be a number.");
if (secret === "") fail("INBOUND_MAIL_SECRET is missing from the environment.");
if (name !== undefined && !/^[a-z0-9.-]{1,253}$/i.test(name)) fail("--name must be the name of a host.");
if ((cert === undefined) !== (key === undefined)) fail("--cert and --key belong together.");

try {
  const gateway = await startSmtpGateway({
    host,
    port: Number(port),
    workerUrl: worker,
    secret,
    ...(name === undefined ? {} : { name }),
    ...(cert !== undefined && key !== undefined
      ? { tls: { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") } }
      : {}),
    onTrouble: (text) => console.error(text),
    onAccepted: (ledgerIds) => console.log(`Stored ${ledgerIds.join(" ")}`),
  });
  console.log(`Receiving mail on ${host}:${gateway.port}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void gateway.close().then(() => process.exit(0)));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
