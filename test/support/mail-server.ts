/** The mail server that Hilo sends through: it keeps what it takes, and refuses whom a test says. */
import { buffer } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";
import { LOOPBACK } from "../../tools/start/ports.ts";
import { waitFor } from "./stack.ts";

export interface TakenMail {
  /** The recipients of the envelope. */
  to: string[];
  /** As it came, headers first. */
  raw: string;
}

export class MailServer {
  readonly url: string;
  readonly taken: TakenMail[] = [];
  /** Answered `550 5.1.1`. */
  readonly unknown = new Set<string>();
  readonly #server: SMTPServer;

  constructor(server: SMTPServer, port: number) {
    this.#server = server;
    this.url = `smtp://${LOOPBACK}:${port}`;
  }

  /** The newest mail that this address was given, waited for. */
  to(address: string): Promise<TakenMail> {
    return waitFor(`the mail to ${address}`, async () => this.taken.findLast(({ to }) => to.includes(address)));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

export async function startMailServer(): Promise<MailServer> {
  let mails: MailServer | null = null;
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    authOptional: true,
    disableReverseLookup: true,
    onRcptTo: ({ address }, _session, answer) =>
      answer(mails?.unknown.has(address) ? Object.assign(new Error("5.1.1 nobody here"), { responseCode: 550 }) : null),
    onData: (stream, { envelope }, answer) => {
      buffer(stream).then(
        (bytes) => {
          mails?.taken.push({ to: envelope.rcptTo.map(({ address }) => address), raw: bytes.toString() });
          answer();
        },
        (error: Error) => answer(error),
      );
    },
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const address = server.server.address();
  mails = new MailServer(server, address !== null && typeof address === "object" ? address.port : 0);
  return mails;
}

/** The value of a header on one line, or null. */
export function headerOf({ raw }: TakenMail, name: string): string | null {
  const head = raw.slice(0, raw.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
  return new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1]?.trim() ?? null;
}
