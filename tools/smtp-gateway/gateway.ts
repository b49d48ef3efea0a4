/**
 * Receives mail by SMTP and hands it to the Worker (T13). It relays nothing: recipients are the Worker's mailboxes
 * alone, and it sends no mail of its own, bounces neither. The mail is handed over byte for byte, without a trace
 * header of this hop: the ledger keeps the envelope and the time, and a repeated mail stays the same mail.
 */
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession, SMTPServer } from "smtp-server";
import { type ClientAllowance, ClientLimits } from "./client-limits.ts";
import {
  combineDeliveries,
  type MailOutcome,
  TOO_FAST,
  TOO_LARGE,
  TOO_MANY_RECIPIENTS,
  TOO_MANY_UNKNOWN,
  TOO_SLOW,
  TRY_AGAIN,
  UNKNOWN_RECIPIENT,
} from "./smtp-reply.ts";
import { type Patience, StrictConnection } from "./strict-connection.ts";
import { WorkerIntake, type WorkerIntakeOptions } from "./worker-intake.ts";

/** As Cloudflare's own inbound mail. */
export const MESSAGE_BYTES_MAX = 25 * 1024 * 1024;
export const RECIPIENTS_MAX = 50;
/** RFC 5321 allows 512 octets for a command line; extensions and long reply addresses need some more. */
const COMMAND_LINE_BYTES_MAX = 2_048;
const CONNECTIONS_MAX = 100;
/** A relay in front of it keeps to fewer; a client of its own that is refused comes again. */
const CLIENT: ClientAllowance = { connectionsMax: 20, connectionsPerMinuteMax: 120, mailsPerMinuteMax: 300 };
const PATIENCE: Patience = {
  helloMs: 30_000,
  commandMs: 60_000,
  envelopeMs: 5 * 60_000,
  connectionMs: 30 * 60_000,
  errorsMax: 30,
  idleCommandsMax: 100,
  mailsMax: 100,
};
/** What greets strangers where no name was given: the machine's own is nobody's business. */
const NAME = "hilo";
/** The jokes of old servers, and what only a proxy in front may say. */
const DISABLED_COMMANDS = ["AUTH", "WIZ", "SHELL", "KILL", "XCLIENT", "XFORWARD"];
/** Somebody who guesses addresses is sent away. */
export const UNKNOWN_RECIPIENTS_MAX = 20;
const IDLE_TIMEOUT_MS = 60_000;
/** A message that trickles in would hold its connection for ever. */
const MESSAGE_TIMEOUT_MS = 10 * 60_000;
const CLOSE_TIMEOUT_MS = 2_000;

export interface SmtpGatewayOptions extends WorkerIntakeOptions {
  host: string;
  port: number;
  /** With them STARTTLS is offered; PEM. */
  tls?: { key: string; cert: string };
  /** The host that its `MX` record names; said in the greeting. */
  name?: string;
  messageBytesMax?: number;
  messageTimeoutMs?: number;
  client?: Partial<ClientAllowance>;
  patience?: Partial<Patience>;
  onAccepted?: (ledgerIds: string[]) => void;
}

type Reply = (error?: Error | null) => void;

/** smtp-server with connections of ours. */
class StrictServer extends SMTPServer {
  readonly #clients: ClientLimits;
  readonly #patience: Patience;

  constructor(options: SMTPServerOptions, given: { clients: ClientLimits; patience: Patience }) {
    super(options);
    this.#clients = given.clients;
    this.#patience = given.patience;
  }

  override connect(...[socket, options]: Parameters<SMTPServer["connect"]>): void {
    const address = socket.remoteAddress ?? "";
    socket.once("close", () => this.#clients.close(address));
    if (!this.#clients.open(address, performance.now())) return refuse(socket, this.options.name ?? NAME);
    const connection = new StrictConnection(this, socket, { options, patience: this.#patience });
    this.connections.add(connection);
    connection.on("error", (error) => this._onError(error));
    connection.init();
  }
}

/** Said and gone: it must not hold a connection for as long as it likes. */
function refuse(socket: Socket, name: string): void {
  socket.on("error", () => {});
  setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS).unref();
  socket.resume();
  socket.end(`421 ${name} Too many connections from you, please try again later\r\n`);
}

class SmtpGateway {
  readonly #options: SmtpGatewayOptions;
  readonly #intake: WorkerIntake;
  readonly #bytesMax: number;
  readonly #messageTimeoutMs: number;
  /** Unknown recipients of each open connection. */
  readonly #unknown = new Map<string, number>();
  readonly #clients: ClientLimits;
  readonly server: SMTPServer;

  constructor(options: SmtpGatewayOptions) {
    this.#options = options;
    this.#intake = new WorkerIntake(options);
    this.#bytesMax = options.messageBytesMax ?? MESSAGE_BYTES_MAX;
    this.#messageTimeoutMs = options.messageTimeoutMs ?? MESSAGE_TIMEOUT_MS;
    this.#clients = new ClientLimits({ ...CLIENT, ...options.client });
    const patience = { ...PATIENCE, ...options.patience };
    this.server = new StrictServer(this.#serverOptions(), { clients: this.#clients, patience });
    // A connection that breaks off is its sender's trouble, not the gateway's.
    this.server.on("error", () => {});
  }

  #serverOptions(): SMTPServerOptions {
    const { tls, name = NAME } = this.#options;
    return {
      ...tls,
      name,
      heloResponse: "%s",
      // No sign-in is offered: whoever may write to a mailbox needs none, and nothing else is possible.
      disabledCommands: [...(tls === undefined ? ["STARTTLS"] : []), ...DISABLED_COMMANDS],
      authOptional: true,
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      hideDSN: true,
      size: this.#bytesMax,
      rejectOversized: true,
      maxCommandLength: COMMAND_LINE_BYTES_MAX,
      maxClients: CONNECTIONS_MAX,
      socketTimeout: IDLE_TIMEOUT_MS,
      closeTimeout: CLOSE_TIMEOUT_MS,
      onMailFrom: (_address, session, reply) =>
        reply(this.#clients.beginMail(session.remoteAddress, performance.now()) ? null : TOO_FAST()),
      onRcptTo: (address, session, reply) => void this.#onRecipient(address.address, session, reply),
      onData: (stream, session, reply) => void this.#onMail(stream, session, reply),
      onClose: (session) => void this.#unknown.delete(session.id),
    };
  }

  async #onRecipient(address: string, session: SMTPServerSession, reply: Reply): Promise<void> {
    const failures = this.#unknown.get(session.id) ?? 0;
    if (failures >= UNKNOWN_RECIPIENTS_MAX) return reply(TOO_MANY_UNKNOWN());
    if (session.envelope.rcptTo.length >= RECIPIENTS_MAX) return reply(TOO_MANY_RECIPIENTS());
    // Said twice it costs nothing: the Worker is asked once.
    if (session.envelope.rcptTo.some((known) => known.address.toLowerCase() === address.toLowerCase())) return reply();
    const answer = await this.#intake.findRecipient(address);
    if (answer === "known") return reply();
    if (answer === "unavailable") return reply(TRY_AGAIN());
    this.#unknown.set(session.id, failures + 1);
    return reply(UNKNOWN_RECIPIENT());
  }

  async #onMail(stream: SMTPServerDataStream, session: SMTPServerSession, reply: (error: Error | null, text?: string) => void) {
    // smtp-server ends an aborted message with an error only where somebody listens for it.
    stream.on("error", () => {});
    const outcome = await this.#takeMail(stream, session).catch((error: unknown) => ({
      kind: "refused" as const,
      reply: error instanceof Error && error.name === "AbortError" ? TOO_SLOW() : TRY_AGAIN(),
    }));
    if (outcome.kind === "refused") return reply(outcome.reply);
    this.#options.onAccepted?.(outcome.ledgerIds);
    return reply(null, `Stored as ${outcome.ledgerIds.join(" ")}`);
  }

  /** Leaves no file behind when it settles. @throws Error for a mail that broke off or took too long */
  async #takeMail(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<MailOutcome> {
    // On disk, because the mail goes out once for each recipient and nothing may go out before all of it is here.
    const folder = await mkdtemp(join(tmpdir(), "hilo-gateway-"));
    try {
      const file = join(folder, "message.eml");
      await pipeline(stream, createWriteStream(file), { signal: AbortSignal.timeout(this.#messageTimeoutMs) });
      if (stream.sizeExceeded) return { kind: "refused", reply: TOO_LARGE() };
      return await this.#deliverToAll(file, session);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #deliverToAll(file: string, session: SMTPServerSession): Promise<MailOutcome> {
    const { mailFrom, rcptTo } = session.envelope;
    const from = mailFrom === false ? "" : mailFrom.address;
    const answers = [];
    for (const { address } of rcptTo) answers.push(await this.#intake.deliver(file, { from, to: address }));
    return combineDeliveries(answers);
  }
}

export interface RunningGateway {
  port: number;
  close: () => Promise<void>;
}

/** @throws Error where it cannot listen */
export function startSmtpGateway(options: SmtpGatewayOptions): Promise<RunningGateway> {
  const { server } = new SmtpGateway(options);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      const address = server.server.address();
      const port = address !== null && typeof address === "object" ? address.port : options.port;
      resolve({ port, close: () => new Promise((done) => server.close(() => done())) });
    });
  });
}
