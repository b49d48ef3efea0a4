/** What `npm start` can be told on its command line. */
import { parseArgs } from "node:util";

export interface StartOptions {
  port: number;
  smtpPort: number;
  mailPort: number;
  /** Where the databases, mails, secrets and the log live; as given, relative to the current folder. */
  state: string;
  hasDemo: boolean;
  /** The inbox as Cloudflare Pages would serve it; null without. */
  pagesPort: number | null;
}

export type ParsedOptions = { kind: "start"; options: StartOptions } | { kind: "help" } | { kind: "bad"; reason: string };

const PORT_MAX = 65_535;

export const START_USAGE = `Usage: npm start -- [options]

  --port 8787        the inbox, the widget and the API
  --smtp-port 2525   where mail for your mailboxes is received (SMTP)
  --mail-port 8788   the demo mailbox: read and answer the mails that Hilo sent
  --state .hilo      the folder that keeps everything: databases, mails, secrets, log
  --no-demo          without the demo mailbox
  --pages-port N     the inbox a second time, as Cloudflare Pages serves it
  --help             this text`;

class BadOption extends Error {}

function parsePort(name: string, value: string): number {
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port < 1 || port > PORT_MAX) {
    throw new BadOption(`--${name} must be a port from 1 to ${PORT_MAX}, not "${value}".`);
  }
  return port;
}

function rejectSharedPorts(options: StartOptions): void {
  const { port, smtpPort, mailPort, hasDemo, pagesPort } = options;
  const ports = [port, smtpPort, ...(hasDemo ? [mailPort] : []), ...(pagesPort === null ? [] : [pagesPort])];
  if (new Set(ports).size < ports.length) {
    throw new BadOption("--port, --smtp-port, --mail-port and --pages-port must be different ports.");
  }
}

function readOptions(args: string[]): ParsedOptions {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string", default: "8787" },
      "smtp-port": { type: "string", default: "2525" },
      "mail-port": { type: "string", default: "8788" },
      state: { type: "string", default: ".hilo" },
      "no-demo": { type: "boolean", default: false },
      "pages-port": { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return { kind: "help" };
  if (values.state.trim() === "") throw new BadOption("--state must name a folder.");
  const options: StartOptions = {
    port: parsePort("port", values.port),
    smtpPort: parsePort("smtp-port", values["smtp-port"]),
    mailPort: parsePort("mail-port", values["mail-port"]),
    state: values.state,
    hasDemo: !values["no-demo"],
    pagesPort: values["pages-port"] === undefined ? null : parsePort("pages-port", values["pages-port"]),
  };
  rejectSharedPorts(options);
  return { kind: "start", options };
}

/** Never throws: a wrong option comes back as the sentence that is shown for it. */
export function parseStartOptions(args: string[]): ParsedOptions {
  try {
    return readOptions(args);
  } catch (error) {
    // parseArgs throws TypeErrors whose messages name the option that is wrong.
    const reason = error instanceof Error ? error.message.replace(/\. To specify a positional.*$/s, ".") : String(error);
    return { kind: "bad", reason };
  }
}
