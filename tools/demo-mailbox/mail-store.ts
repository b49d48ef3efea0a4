/** Mails on disk, as `.eml` files with a small file beside each for the envelope. They survive restarts. */
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import {
  type MailDetail,
  type MailDirection,
  type MailEnvelope,
  type MailSummary,
  parseRaw,
  toDetail,
  toSummary,
} from "./mail-view.ts";

/** The oldest mails make way. */
const MAILS_MAX = 2_000;
const ID_RANDOM_BYTES = 4;
/** Also keeps paths inside the folder. */
const ID_PATTERN = /^\d{13}-[0-9a-f]{8}$/;

const envelopeSchema = v.object({
  id: v.pipe(v.string(), v.regex(ID_PATTERN)),
  at: v.number(),
  direction: v.picklist(["received", "sent"]),
  from: v.string(),
  to: v.array(v.string()),
});
const storedSchema = v.pipe(v.string(), v.parseJson(), envelopeSchema);

export class MailStore extends EventEmitter<{ change: [] }> {
  readonly #folder: string;
  /** Oldest first. */
  #envelopes: MailEnvelope[] = [];
  readonly #summaries = new Map<string, Promise<MailSummary>>();

  constructor(folder: string) {
    super();
    this.setMaxListeners(0);
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#envelopes = readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => v.safeParse(storedSchema, readFileSync(join(folder, name), "utf8")))
      .flatMap((parsed) => (parsed.success ? [parsed.output] : []))
      .sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  async add(raw: Uint8Array, mail: { direction: MailDirection; from: string; to: string[] }): Promise<string> {
    const at = Date.now();
    const id = `${at}-${randomBytes(ID_RANDOM_BYTES).toString("hex")}`;
    await writeFile(this.#path(id, "eml"), raw);
    const envelope: MailEnvelope = { id, at, ...mail };
    await writeFile(this.#path(id, "json"), JSON.stringify(envelope));
    this.#envelopes.push(envelope);
    for (const { id } of this.#envelopes.slice(0, -MAILS_MAX)) await this.#remove(id);
    this.emit("change");
    return id;
  }

  /** Newest first. */
  list(direction: MailDirection | "all"): Promise<MailSummary[]> {
    const wanted = this.#envelopes.filter((envelope) => direction === "all" || envelope.direction === direction);
    return Promise.all(wanted.toReversed().map((envelope) => this.#summarise(envelope)));
  }

  async find(id: string): Promise<MailDetail | null> {
    const envelope = this.#envelopes.find((envelope) => envelope.id === id);
    const raw = await this.readRaw(id);
    return envelope === undefined || raw === null ? null : toDetail(await parseRaw(raw), envelope);
  }

  async readRaw(id: string): Promise<Uint8Array | null> {
    if (!ID_PATTERN.test(id)) return null;
    return readFile(this.#path(id, "eml")).catch(() => null);
  }

  async clear(): Promise<void> {
    await Promise.all(this.#envelopes.map(({ id }) => this.#remove(id)));
    this.emit("change");
  }

  #summarise(envelope: MailEnvelope): Promise<MailSummary> {
    const known = this.#summaries.get(envelope.id);
    if (known !== undefined) return known;
    const summary = this.readRaw(envelope.id).then(async (raw) => toSummary(await parseRaw(raw ?? new Uint8Array()), envelope));
    this.#summaries.set(envelope.id, summary);
    return summary;
  }

  async #remove(id: string): Promise<void> {
    this.#envelopes = this.#envelopes.filter((envelope) => envelope.id !== id);
    this.#summaries.delete(id);
    await Promise.all(["eml", "json"].map((extension) => rm(this.#path(id, extension), { force: true })));
  }

  #path(id: string, extension: string): string {
    return join(this.#folder, `${id}.${extension}`);
  }
}
