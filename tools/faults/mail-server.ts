/** The world's mail server, as Hilo's outgoing mail meets it: it refuses, puts off, hangs, or cuts before its final word. */
import PostalMime from "postal-mime";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import type { MailTrouble } from "./schedule.ts";

interface Delivered {
  /** The mail's first line, which is all that its agent wrote. */
  text: string;
  /** Times that it said yes. */
  told: number;
  /** Times that it had the whole mail and cut before its answer: the sender cannot know. */
  untold: number;
}

const HANG_MS = 40_000;

class Refusal extends Error {
  readonly responseCode: number;

  constructor(responseCode: number) {
    super("a fault of the suite");
    this.responseCode = responseCode;
  }
}

export class MailServer {
  /** By Message-ID. */
  readonly delivered = new Map<string, Delivered>();
  trouble: MailTrouble | null = null;
  port = 0;
  readonly #server: SMTPServer;
  readonly #sockets = new Map<string, () => void>();

  constructor() {
    this.#server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      authOptional: true,
      disableReverseLookup: true,
      onData: (stream, session, reply) => this.#onData(stream, session, reply),
      onClose: (session) => void this.#sockets.delete(session.id),
    });
    this.#server.on("error", () => {});
    this.#server.server.on("connection", (socket) => {
      const key = `${socket.remoteAddress}:${socket.remotePort}`;
      this.#sockets.set(key, () => socket.destroy());
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => {
        const address = this.#server.server.address();
        this.port = address !== null && typeof address === "object" ? address.port : 0;
        resolve();
      });
    });
  }

  close(): void {
    this.#server.close(() => {});
  }

  #onData(stream: SMTPServerDataStream, session: SMTPServerSession, reply: (error?: Error | null) => void): void {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => {});
    stream.on("end", () => {
      void PostalMime.parse(Buffer.concat(chunks)).then(({ messageId = "none", text = "" }) => {
        const seen = this.delivered.get(messageId) ?? { text: text.split("\n")[0]?.trim() ?? "", told: 0, untold: 0 };
        this.delivered.set(messageId, seen);
        this.#answer(seen, session, reply);
      });
    });
  }

  #answer(mail: Delivered, session: SMTPServerSession, reply: (error?: Error | null) => void): void {
    switch (this.trouble) {
      case "refuse":
        return reply(new Refusal(550));
      case "defer":
        return reply(new Refusal(451));
      case "cut":
        mail.untold += 1;
        return this.#sockets.get(`${session.remoteAddress}:${session.remotePort}`)?.();
      case "hang":
        mail.untold += 1;
        setTimeout(() => reply(new Refusal(421)), HANG_MS).unref();
        return;
      case null:
        mail.told += 1;
        return reply();
    }
  }
}
