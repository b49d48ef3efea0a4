/** One SMTP connection: lines out, replies in, each with a deadline. Knows nothing of mails. */
import { parseReply, type SmtpReply } from "./smtp-reply.ts";

/** The part of workerd's socket that is used here; tests give one made of Node's. */
export interface SmtpSocket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  startTls: () => SmtpSocket;
  close: () => Promise<void>;
}

/** Fails late: what goes wrong while connecting shows when the greeting is read. */
export type SmtpConnect = (
  address: { hostname: string; port: number },
  options: { secureTransport: "off" | "on" | "starttls"; allowHalfOpen: false },
) => SmtpSocket;

/** UTF-16 code units of one reply; more is no mail server. */
const REPLY_LENGTH_MAX = 65_536;
/** How long a polite end of the connection may take. */
const CLOSE_TIMEOUT_MS = 2_000;

/** The connection broke, hung or spoke something else. `reason` is in plain words. */
export class SmtpCutError extends Error {
  override readonly name = "SmtpCutError";
}

export class SmtpSession {
  #socket: SmtpSocket;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #decoder = new TextDecoder();
  #received = "";
  #isUpgraded = false;

  constructor(socket: SmtpSocket) {
    this.#socket = socket;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
  }

  /** Whether STARTTLS was begun. */
  get isUpgraded(): boolean {
    return this.#isUpgraded;
  }

  /** @throws SmtpCutError */
  async readReply(timeoutMs: number): Promise<SmtpReply> {
    return withDeadline(this.#readWholeReply(), timeoutMs, "The mail server did not answer in time.");
  }

  /** Sends one line and reads its reply. @throws SmtpCutError */
  async command(line: string, timeoutMs: number): Promise<SmtpReply> {
    // The last guard against a value that would become a second command (T15).
    if (/[\r\n\0]/.test(line)) throw new SmtpCutError("A line break was about to enter a command.");
    await this.write(`${line}\r\n`, timeoutMs);
    return this.readReply(timeoutMs);
  }

  /** @throws SmtpCutError */
  async write(text: string, timeoutMs: number): Promise<void> {
    const writing = this.#writer.write(new TextEncoder().encode(text)).catch((error: unknown) => {
      throw new SmtpCutError("The connection to the mail server broke.", { cause: error });
    });
    await withDeadline(writing, timeoutMs, "The mail server took no more data.");
  }

  /** @throws SmtpCutError where the server said more in clear than its consent: that would count as encrypted. */
  startTls(): void {
    if (this.#received !== "") throw new SmtpCutError("The mail server mixed clear text into the start of encryption.");
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#socket = this.#socket.startTls();
    this.#isUpgraded = true;
    this.#reader = this.#socket.readable.getReader();
    this.#writer = this.#socket.writable.getWriter();
    this.#decoder = new TextDecoder();
  }

  /** Never throws: what was to be known about the mail is known by now. */
  async close(isPolite: boolean): Promise<void> {
    try {
      if (isPolite) await this.command("QUIT", CLOSE_TIMEOUT_MS);
    } catch {
      // The server may hang up first.
    }
    // Reading is given up too, or a server that says nothing would keep the request alive.
    const endings = [this.#reader.cancel(), this.#socket.close()].map(async (ending) => ending.catch(() => undefined));
    await withDeadline(Promise.all(endings), CLOSE_TIMEOUT_MS, "").catch(() => undefined);
  }

  async #readWholeReply(): Promise<SmtpReply> {
    for (;;) {
      const parsed = parseReply(this.#received);
      if (parsed === "bad") throw new SmtpCutError("What answered there is not a mail server.");
      if (parsed !== null) {
        this.#received = this.#received.slice(parsed.length);
        return parsed.reply;
      }
      if (this.#received.length > REPLY_LENGTH_MAX) throw new SmtpCutError("The mail server's answer is too long.");
      this.#received += await this.#readChunk();
    }
  }

  async #readChunk(): Promise<string> {
    const { value, done } = await this.#reader.read().catch((error: unknown) => {
      throw new SmtpCutError("The connection to the mail server broke.", { cause: error });
    });
    if (done) throw new SmtpCutError("The mail server closed the connection.");
    return this.#decoder.decode(value, { stream: true });
  }
}

async function withDeadline<Value>(work: Promise<Value>, timeoutMs: number, reason: string): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new SmtpCutError(reason)), timeoutMs);
  });
  // The loser of the race may fail later, when nobody listens any more.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, deadline]);
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}
