/** The storage calls of one mail's intake and nothing else: what no intake on this platform can do without. */
import { DurableObject } from "cloudflare:workers";

export class BareLog extends DurableObject {
  append(text: string): number {
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS messages (seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL)");
    sql.exec("CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, value TEXT NOT NULL)");
    sql.exec("INSERT INTO messages (key, value) VALUES (?, ?)", crypto.randomUUID(), text);
    sql.exec("INSERT OR REPLACE INTO state (id, value) VALUES (1, ?)", text);
    return 1;
  }
}

interface BareEnv {
  DB: D1Database;
  MAIL: R2Bucket;
  BARE: DurableObjectNamespace<BareLog>;
}

const TABLE = "CREATE TABLE IF NOT EXISTS bare (id TEXT PRIMARY KEY, at INTEGER NOT NULL, value TEXT NOT NULL)";
const VALUE_LENGTH = 400;

let isReady = false;

/** @param calls how many calls of D1, one after the other, as the product makes for a mail */
export async function makeBareMail(env: BareEnv, raw: Uint8Array, calls: { reads: number; writes: number }): Promise<void> {
  const { DB, MAIL, BARE } = env;
  if (!isReady) await DB.prepare(TABLE).run();
  isReady = true;
  const id = crypto.randomUUID();
  const value = "x".repeat(VALUE_LENGTH);
  await MAIL.put(`bare/${id}`, raw);
  const object = await MAIL.get(`bare/${id}`);
  await object?.arrayBuffer();
  for (let index = 0; index < calls.reads; index += 1) await DB.prepare("SELECT value FROM bare WHERE id = ?").bind(id).first();
  for (let index = 0; index < calls.writes; index += 1)
    await DB.prepare("INSERT INTO bare (id, at, value) VALUES (?, ?, ?)").bind(`${id}-${index}`, index, value).run();
  await BARE.get(BARE.idFromName(id)).append(value);
}
