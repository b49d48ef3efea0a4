/** Settings and mailboxes. */
import { asc, eq } from "drizzle-orm";
import * as v from "valibot";
import type { Mailbox } from "../domain/api-shapes.ts";
import { findOwnMailbox } from "../domain/own-address.ts";
import { settingsSchema, type Settings, type SettingsPatch } from "../domain/settings.ts";
import type { Database } from "./database.ts";
import { mailboxes, settings } from "./schema.ts";

/** Ms for which an isolate uses settings that it has read; longer while D1 cannot be reached (A12). */
const CACHE_MS = 5_000;

let cached: { value: Settings; at: number } | null = null;

/** Null before the first setup. */
export async function loadSettings(db: Database): Promise<Settings | null> {
  const rows = await db.select({ value: settings.value }).from(settings).where(eq(settings.id, 1));
  return rows[0] === undefined ? null : v.parse(settingsSchema, rows[0].value);
}

/** Settings for what must be quick and must go on without D1; the defaults before the first setup. */
export async function loadCachedSettings(db: Database, now: number): Promise<Settings> {
  if (cached !== null && now - cached.at < CACHE_MS) return cached.value;
  try {
    cached = { value: (await loadSettings(db)) ?? v.parse(settingsSchema, {}), at: now };
    return cached.value;
  } catch (error) {
    if (cached !== null) return cached.value;
    throw error;
  }
}

export function insertSettings(db: Database, value: Settings, now: number) {
  return db.insert(settings).values({ id: 1, value, updatedAt: now });
}

export async function saveSettings(db: Database, value: Settings, now: number): Promise<void> {
  await db.update(settings).set({ value, updatedAt: now }).where(eq(settings.id, 1));
  cached = { value, at: now };
}

/** What is named replaces what is there, field by field. */
export function mergeSettings(before: Settings, patch: SettingsPatch): unknown {
  return {
    company: patch.company ?? before.company,
    widget: { ...before.widget, ...patch.widget },
    mail: { ...before.mail, ...patch.mail },
    hours: { ...before.hours, ...patch.hours },
    limits: { ...before.limits, ...patch.limits },
    security: { ...before.security, ...patch.security },
  };
}

export async function listMailboxes(db: Database): Promise<Mailbox[]> {
  return db.select().from(mailboxes).orderBy(asc(mailboxes.createdAt)).limit(100);
}

export async function findMailbox(db: Database, address: string): Promise<Mailbox | null> {
  const rows = await db.select().from(mailboxes).where(eq(mailboxes.address, address));
  return rows[0] ?? null;
}

/** Those of these addresses that are our mailboxes' or sub-addresses of theirs, signed reply addresses too. */
export async function findOwnAddresses(db: Database, addresses: readonly string[]): Promise<string[]> {
  const mailboxes = await listMailboxes(db);
  return addresses.filter((address) => findOwnMailbox(mailboxes, address) !== null);
}

export function insertMailbox(db: Database, mailbox: Mailbox) {
  return db.insert(mailboxes).values(mailbox);
}

/** A mailbox with everything that was not said at its default. */
export function newMailbox(fixed: Pick<Mailbox, "id" | "address" | "createdAt">, given: Partial<MailboxChange>): Mailbox {
  return {
    ...fixed,
    name: given.name ?? null,
    signature: given.signature ?? null,
    locale: given.locale ?? null,
    assigneeId: given.assigneeId ?? null,
    hasReceipt: given.hasReceipt ?? false,
    hasOutOfHours: given.hasOutOfHours ?? false,
    brakeOffUntil: null,
  };
}

type MailboxChange = { [Key in keyof Omit<Mailbox, "id" | "address" | "createdAt" | "brakeOffUntil">]: Mailbox[Key] | undefined };

/** @param until epoch ms; null: it holds again. @returns false where there is no such mailbox */
export async function setBrakeOff(db: Database, id: string, until: number | null): Promise<boolean> {
  const changed = await db
    .update(mailboxes)
    .set({ brakeOffUntil: until })
    .where(eq(mailboxes.id, id))
    .returning({ id: mailboxes.id });
  return changed.length > 0;
}

/** @returns the changed mailbox, or null where there is none */
export async function updateMailbox(db: Database, id: string, change: Partial<MailboxChange>): Promise<Mailbox | null> {
  const named = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  if (Object.keys(named).length > 0) await db.update(mailboxes).set(named).where(eq(mailboxes.id, id));
  return (await db.select().from(mailboxes).where(eq(mailboxes.id, id)))[0] ?? null;
}
