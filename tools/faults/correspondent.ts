/** Somebody who writes mails, and the server that carries them: it tries again until it is told that they arrived. */
import { setTimeout as wait } from "node:timers/promises";
import { createTransport } from "nodemailer";
import { HOSTILE_LETTERS } from "../../test/support/hostile-mails.ts";
import type { Random } from "./random.ts";

const RETRY_MS = [300, 2_500] as const;
/** Said to have failed though it had arrived: the carrier repeats it, with one trace header more. */
const REDELIVERY_CHANCE = 0.15;
/** Of their mails so many are made to keep a reader busy. */
const HOSTILE_CHANCE = 0.25;
const HOSTILE_BYTES = [5_000, 400_000] as const;
const SMTP_TIMEOUT_MS = 20_000;
/** Hilo takes somebody who writes more than 20 mails in 10 minutes for a machine; so this one changes their name. */
const MAILS_PER_NAME = 7;

export interface CorrespondentOptions {
  readonly name: string;
  /** Hilo's SMTP gateway. */
  readonly gatewayPort: number;
  readonly mailbox: string;
  readonly random: Random;
}

export class Correspondent {
  /** Texts of mails whose arrival was confirmed. */
  readonly accepted: string[] = [];
  /** Subjects of hostile mails whose arrival was confirmed. */
  readonly acceptedHostile: string[] = [];
  readonly #options: CorrespondentOptions;
  #count = 0;
  #isStopped = false;

  constructor(options: CorrespondentOptions) {
    this.#options = options;
  }

  get #address(): string {
    return `${this.#options.name}-${Math.floor(this.#count / MAILS_PER_NAME)}@customer.test`;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Writes one mail and carries it until it has arrived. */
  async write(): Promise<void> {
    const { name, mailbox, random } = this.#options;
    this.#count += 1;
    if (random.chance(HOSTILE_CHANCE)) return this.#writeHostile();
    const text = `${name} writes ${this.#count}`;
    const messageId = `${name}.${this.#count}.${Math.floor(random.next() * 1e9)}@customer.test`;
    const head = [`From: ${name} <${this.#address}>`, `To: ${mailbox}`, `Message-ID: <${messageId}>`];
    const rest = [`Subject: Question of ${name}`, "Date: Mon, 02 Nov 2026 10:00:00 +0000", "", text, ""];
    const raw = [...head, ...rest].join("\r\n");
    if (!(await this.#carry(raw))) return;
    this.accepted.push(text);
    if (random.chance(REDELIVERY_CHANCE)) await this.#carry(`Received: from relay.test by mx.test; ${this.#count}\r\n${raw}`);
  }

  /** Each by somebody else, so that it is a conversation of its own: two of them may have the same words, or none. */
  async #writeHostile(): Promise<void> {
    const { name, random } = this.#options;
    const subject = `Hostile mail ${this.#count} of ${name}`;
    const from = `hostile-${this.#count}-of-${name}@customer.test`;
    const shape = random.pick(HOSTILE_LETTERS);
    const raw = shape.build(random.between(...HOSTILE_BYTES), { from, messageId: `hostile.${this.#count}.${from}`, subject });
    if (await this.#carry(Buffer.from(raw), from)) this.acceptedHostile.push(subject);
  }

  /** @returns whether it arrived before the end of the run */
  async #carry(raw: string | Buffer, from = this.#address): Promise<boolean> {
    const { mailbox, random, gatewayPort } = this.#options;
    const timeouts = { connectionTimeout: SMTP_TIMEOUT_MS, greetingTimeout: SMTP_TIMEOUT_MS, socketTimeout: SMTP_TIMEOUT_MS };
    const transport = createTransport({ host: "127.0.0.1", port: gatewayPort, ignoreTLS: true, ...timeouts });
    while (!this.#isStopped) {
      const isSent = await transport.sendMail({ envelope: { from, to: [mailbox] }, raw }).then(
        () => true,
        () => false,
      );
      if (isSent) return true;
      await wait(random.between(...RETRY_MS));
    }
    return false;
  }
}
