/**
 * One client's connection, with the patience that strangers get (T13): smtp-server keeps the protocol, this keeps the
 * clock and the count. It overrides what smtp-server calls private, whose version is pinned; the gateway's tests see each.
 */
import { SMTPConnection } from "smtp-server/lib/smtp-connection.js";
import { SMTPStream } from "smtp-server/lib/smtp-stream.js";
import { hasOddLineEnd } from "./line-ends.ts";

export interface Patience {
  /** Ms until the client has said who it is. */
  helloMs: number;
  /** Ms until a command has ended: bytes that trickle in do not extend it. */
  commandMs: number;
  /** Ms from `MAIL` to the last recipient; the message has a limit of its own. */
  envelopeMs: number;
  /** Ms of a whole connection; a mail that is under way is still taken. */
  connectionMs: number;
  /** Replies that refuse something. */
  errorsMax: number;
  /** Commands since the last mail that bring none nearer, such as `NOOP` and `RSET`. */
  idleCommandsMax: number;
  mailsMax: number;
}

const BRINGS_NO_MAIL = /^(?:NOOP|RSET|VRFY|HELP|HELO|EHLO)\b/i;
const ACCEPTED = "DATA_OK";

class OddLineEnd extends Error {}

class StrictStream extends SMTPStream {
  override _write(chunk: Buffer, encoding: BufferEncoding | "buffer", next: (error?: Error | null) => void): void {
    const isOdd = !this._dataMode && !this.isClosed && hasOddLineEnd(this._remainder + chunk.toString("latin1"));
    if (isOdd) return next(new OddLineEnd("Lines end in CR LF"));
    return super._write(chunk, encoding, next);
  }
}

type Options = ConstructorParameters<typeof SMTPConnection>;

export class StrictConnection extends SMTPConnection {
  readonly #patience: Patience;
  readonly #startedAt = performance.now();
  readonly #timers = new Map<"hello" | "command" | "envelope", NodeJS.Timeout>();
  #errors = 0;
  #idleCommands = 0;
  #mails = 0;

  constructor(server: Options[0], socket: Options[1], given: { options: Options[2]; patience: Patience }) {
    super(server, socket, given.options);
    this.#patience = given.patience;
  }

  override init(): void {
    super.init();
    this.#await("hello", this.#patience.helloMs);
  }

  /** Called by the base class while it is made, so nothing of this one may be read here. */
  override _createParser(): SMTPStream {
    const parser = new StrictStream({ maxCommandLength: this._server.options.maxCommandLength });
    parser.oncommand = (command, next) => this._onCommand(command, next);
    parser.on("error", (error) => {
      this.send(error instanceof OddLineEnd ? 500 : 421, `Error: ${error.message}`);
      this.close();
    });
    return parser;
  }

  override _onCommand(command: Buffer, next: () => void = () => undefined): void {
    this.#stopWaiting("command");
    const line = command.toString("latin1");
    if (BRINGS_NO_MAIL.test(line)) this.#idleCommands += 1;
    const { idleCommandsMax, mailsMax, connectionMs } = this.#patience;
    const isOver = this.#mails >= mailsMax || performance.now() - this.#startedAt > connectionMs;
    if (isOver && !/^QUIT\b/i.test(line)) return this.send(421, "Enough for one connection, please come again");
    if (this.#idleCommands > idleCommandsMax) return this.send(421, "Too many commands without a mail");
    if (/^MAIL\b/i.test(line) && !this.#timers.has("envelope")) this.#await("envelope", this.#patience.envelopeMs);
    if (/^DATA\b/i.test(line)) this.#stopWaiting("envelope");
    super._onCommand(command, () => {
      if (this.hostNameAppearsAs !== false) this.#stopWaiting("hello");
      if (this._dataStream === false || this._dataStream === null) this.#await("command", this.#patience.commandMs);
      next();
    });
  }

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    if (context === ACCEPTED) {
      this.#mails += 1;
      this.#idleCommands = 0;
    }
    if (code >= 500) this.#errors += 1;
    if (this.#errors > this.#patience.errorsMax && code !== 421) return super.send(421, "Too many errors");
    return super.send(code, data, context);
  }

  /** A mail is over, or was given up: the next command is awaited. */
  override _resetSession(): void {
    super._resetSession();
    this.#stopWaiting("envelope");
    this.#await("command", this.#patience.commandMs);
  }

  override _onClose(): void {
    for (const what of this.#timers.keys()) this.#stopWaiting(what);
    super._onClose();
  }

  #await(what: "hello" | "command" | "envelope", ms: number): void {
    this.#stopWaiting(what);
    const timer = setTimeout(() => this.send(421, "Timeout - closing connection"), ms);
    timer.unref();
    this.#timers.set(what, timer);
  }

  #stopWaiting(what: "hello" | "command" | "envelope"): void {
    clearTimeout(this.#timers.get(what));
    this.#timers.delete(what);
  }
}
