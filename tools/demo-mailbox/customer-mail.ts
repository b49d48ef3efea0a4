/** SMTP on the customers' side: taking every mail that Hilo sends, and sending what customers write. */
import { buffer } from "node:stream/consumers";
import { createTransport } from "nodemailer";
import { SMTPServer } from "smtp-server";
import { LOOPBACK } from "../start/ports.ts";
import type { MailStore } from "./mail-store.ts";
import { buildRaw, type NewMail } from "./write-mail.ts";

const MESSAGE_BYTES_MAX = 30 * 1024 * 1024;
const CLOSE_TIMEOUT_MS = 1_000;
const SEND_TIMEOUT_MS = 30_000;

export interface MailSink {
  port: number;
  close: () => Promise<void>;
}

/** Takes mail for every address there is; it leaves this machine never. */
export function startMailSink(store: MailStore): Promise<MailSink> {
  const server = new SMTPServer({
    banner: "Hilo demo mailbox",
    disabledCommands: ["AUTH", "STARTTLS"],
    authOptional: true,
    disableReverseLookup: true,
    size: MESSAGE_BYTES_MAX,
    rejectOversized: true,
    closeTimeout: CLOSE_TIMEOUT_MS,
    onData(stream, session, reply) {
      const { mailFrom, rcptTo } = session.envelope;
      const from = mailFrom === false ? "" : mailFrom.address;
      // Everyone has a mailbox of their own, those in copy too, hidden or not: each finds their copy, and answers as themselves.
      const copies = rcptTo.map(({ address }) => ({ direction: "received" as const, from, to: [address] }));
      buffer(stream)
        .then((raw) => (stream.sizeExceeded ? null : Promise.all(copies.map((copy) => store.add(raw, copy)))))
        .then(() => reply())
        .catch((error: unknown) => reply(error instanceof Error ? error : new Error(String(error))));
    },
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, LOOPBACK, () => {
      server.off("error", reject);
      server.on("error", () => {});
      const address = server.server.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      resolve({ port, close: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

export type SendOutcome = { kind: "sent"; id: string; response: string } | { kind: "refused"; reason: string };

/** Sends a real mail to Hilo's gateway, and keeps it when it was accepted. */
export async function sendAsCustomer(
  mail: NewMail,
  { store, gateway }: { store: MailStore; gateway: { host: string; port: number } },
): Promise<SendOutcome> {
  const raw = await buildRaw(mail);
  const transport = createTransport({
    ...gateway,
    ignoreTLS: true,
    connectionTimeout: SEND_TIMEOUT_MS,
    socketTimeout: SEND_TIMEOUT_MS,
  });
  try {
    const { response } = await transport.sendMail({ envelope: { from: mail.from, to: [mail.to] }, raw });
    const id = await store.add(raw, { direction: "sent", from: mail.from, to: [mail.to] });
    return { kind: "sent", id, response };
  } catch (error) {
    return { kind: "refused", reason: error instanceof Error ? error.message : String(error) };
  } finally {
    transport.close();
  }
}
