/** Tells the owner that a total was reached (T21): written at most once a minute for each kind, told to open inboxes. */
import { waitUntil } from "cloudflare:workers";
import { withTimeout } from "../durable-objects/conversation/with-timeout.ts";
import { newId } from "./api/new-id.ts";
import { openDatabase } from "./db/database.ts";
import { saveNotice } from "./db/notices.ts";
import { describeError } from "./domain/error-text.ts";
import { NOTICE_WINDOW_MS, type NoticeKind } from "./domain/notices.ts";
import type { Env } from "./env.ts";
import { noticeOf } from "./limits.ts";
import { inboxStubs } from "./objects.ts";

/** When this isolate has told of what: a flood must not become a flood of writes. */
const toldAt = new Map<string, number>();

/** For tests, whose deployments begin anew in one isolate. */
export function forgetNotices(): void {
  toldAt.clear();
}

/**
 * Returns at once and never throws: who was refused does not wait for it.
 *
 * @param subject the mailbox that it is about; none for the whole deployment
 */
export function tellOwner(env: Env, kind: NoticeKind, subject = ""): void {
  const now = Date.now();
  const key = `${kind} ${subject}`;
  if (now - (toldAt.get(key) ?? 0) < NOTICE_WINDOW_MS) return;
  toldAt.set(key, now);
  waitUntil(
    writeNotice(env, { kind, subject, now }).catch((error: unknown) => {
      // The next one tries again.
      toldAt.delete(key);
      console.error(JSON.stringify({ level: "error", event: "notice_failed", kind, ...describeError(error) }));
    }),
  );
}

/** Where it was everybody's total: what one client or one conversation has used up is no news. @param key that was refused */
export function tellOfTotal(env: Env, key: string): void {
  const kind = noticeOf(key);
  if (kind !== null) tellOwner(env, kind);
}

async function writeNotice(env: Env, notice: { kind: NoticeKind; subject: string; now: number }): Promise<void> {
  const isNews = await saveNotice(openDatabase(env.DB), { id: newId(), ...notice });
  if (isNews) await tellInboxes(env);
}

/** Notices have become more or fewer, or what they say has changed. */
export async function tellInboxes(env: Env): Promise<void> {
  await withTimeout(Promise.all(inboxStubs(env).map((stub) => stub.publishNotices())));
}
