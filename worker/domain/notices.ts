/** What the owner is told of totals that were reached (T21), and how often. Pure. */
import * as v from "valibot";

/** The total that was reached; `brake` is about one mailbox (M16a). */
export const NOTICE_KINDS = [
  "chats",
  "messages",
  "uploads",
  "addresses",
  "sockets",
  "pictures",
  "links",
  "mails",
  "receipts",
  "brake",
  "codes",
  "code-mails",
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Ms within which one kind is written, and told, once. */
export const NOTICE_WINDOW_MS = 60_000;
/** Ms without it after which the next time is another story: it is told again also where the last one was dismissed. */
export const NOTICE_EPISODE_MS = 60 * 60_000;
/** Ms for which a dismissal holds while it goes on. */
export const NOTICE_DISMISSAL_MS = 24 * 60 * 60_000;
/** Ms for which it is shown after the last time. */
export const NOTICE_SHOWN_MS = 7 * 24 * 60 * 60_000;

/** Mails that are kept aside are counted up to here. */
export const KEPT_ASIDE_COUNT_MAX = 5_000;

const noticeSchema = v.object({
  id: v.string(),
  kind: v.picklist(NOTICE_KINDS),
  /** Epoch ms. */
  firstAt: v.number(),
  lastAt: v.number(),
  /** Minutes in which it was reached. */
  count: v.number(),
  /** Of `brake`: where, until when new senders are let in there, and how many mails it keeps aside (5,000 at most). */
  brake: v.nullable(
    v.object({ mailboxId: v.string(), address: v.string(), offUntil: v.nullable(v.number()), keptAside: v.number() }),
  ),
});
export const noticesSchema = v.object({ items: v.array(noticeSchema) });

export type OwnerNotice = v.InferOutput<typeof noticeSchema>;
