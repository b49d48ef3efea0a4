/** The whole product, started as a user starts it, on free ports and in a state folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createTransport, type SendMailOptions } from "nodemailer";
import { findFreePort, LOOPBACK } from "../../tools/start/ports.ts";
import { AgentClient } from "./agent-client.ts";
import { MailboxClient } from "./mailbox-client.ts";

const START = fileURLToPath(new URL("../../tools/start.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const READY_LINE = "Hilo is ready";

export const OWNER = { name: "Olga Owner", email: "olga@acme.test", password: "correct horse battery" };
export const COMPANY = "Acme";
export const MAILBOX = "help@acme.test";

export interface StackOptions {
  /** Reaches the Worker, as with `npm start`. */
  env?: Record<string, string>;
  /** An existing state folder, kept at the end; without it one is made and deleted. */
  state?: string;
  /** `--no-demo` and the like. */
  args?: string[];
}

/** What the page of the first run asks for. */
interface Setup {
  name: string;
  email: string;
  password: string;
  company: string;
  mailbox: string;
}

interface StackPorts {
  port: number;
  smtpPort: number;
  mailPort: number;
}

/** Waits for the ready line. @throws Error with everything that was printed when the program ends instead */
async function waitUntilReady(child: ChildProcess, output: string[]): Promise<void> {
  if (child.stdout === null || child.stderr === null) throw new Error("The output is not piped.");
  createInterface({ input: child.stderr }).on("line", (line) => output.push(line));
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    output.push(line);
    if (line.includes(READY_LINE)) ready.resolve();
  });
  child.once("exit", (code) => ready.reject(new Error(`npm start ended with ${code}:\n${output.join("\n")}`)));
  await ready.promise;
}

export class Stack {
  readonly url: string;
  readonly ports: StackPorts;
  readonly state: string;
  readonly mailbox: MailboxClient;
  /** Everything that was printed. */
  readonly output: string[] = [];
  readonly #options: StackOptions;
  #child: ChildProcess | null = null;

  constructor(ports: StackPorts, state: string, options: StackOptions) {
    this.ports = ports;
    this.state = state;
    this.url = `http://localhost:${ports.port}`;
    this.mailbox = new MailboxClient(`http://localhost:${ports.mailPort}`);
    this.#options = options;
  }

  /** Starts, or starts again after `stop` or `kill`, with the same ports and state. */
  async start(): Promise<void> {
    const { port, smtpPort, mailPort } = this.ports;
    const ports = ["--port", String(port), "--smtp-port", String(smtpPort), "--mail-port", String(mailPort)];
    this.#child = spawn(process.execPath, [START, ...ports, "--state", this.state, ...(this.#options.args ?? [])], {
      cwd: ROOT,
      env: { ...process.env, ...this.#options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    await waitUntilReady(this.#child, this.output);
  }

  /** @returns the exit code */
  async end(signal: "SIGINT" | "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill(signal);
    const [code] = await ended;
    return typeof code === "number" ? code : null;
  }

  /** Ends the product and deletes a state folder that was made for it. */
  async stop(): Promise<void> {
    await this.end();
    if (this.#options.state === undefined) await rm(this.state, { recursive: true, force: true });
  }

  /** Makes the owner, the company and the first mailbox, and signs the owner in. */
  async setup(setup: Setup = { ...OWNER, company: COMPANY, mailbox: MAILBOX }): Promise<AgentClient> {
    const response = await fetch(`${this.url}/api/setup`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.url },
      body: JSON.stringify(setup),
    });
    if (response.status !== 201 && response.status !== 200) throw new Error(`setup: ${response.status} ${await response.text()}`);
    const owner = await this.signIn(setup);
    // Mails leave at once where a test is not about taking them back.
    await owner.request("PATCH", "/api/settings", { mail: { undoSeconds: 0 } });
    return owner;
  }

  /** Hands a mail to the SMTP gateway, as another server does; to the first mailbox where it does not say. */
  async sendMail(mail: SendMailOptions): Promise<void> {
    const transport = createTransport({ host: LOOPBACK, port: this.ports.smtpPort, secure: false, ignoreTLS: true });
    await transport.sendMail({ to: MAILBOX, ...mail });
    transport.close();
  }

  signIn(account: { email: string; password: string }): Promise<AgentClient> {
    return AgentClient.signIn(this.url, account);
  }
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const [port, smtpPort, mailPort] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const state = options.state ?? (await mkdtemp(join(tmpdir(), "hilo-e2e-")));
  const stack = new Stack({ port, smtpPort, mailPort }, state, options);
  await stack.start();
  return stack;
}

const POLL_MS = 100;
const POLL_TIMEOUT_MS = 20_000;

/** Asks again until there is an answer. @throws Error after the timeout, naming what was waited for */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  timeoutMs = POLL_TIMEOUT_MS,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A new UUIDv7, as every sender makes for each message. */
export function makeClientId(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  const random = crypto.randomUUID();
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}
