/**
 * What is limited, and by how much (T10, T21; the table is in docs/security.md). Pure: who asks gives what is to be counted,
 * `totals.ts` counts it. A key that ends in `deployment` is a total of everybody together: past it the owner is told.
 */
import type { TotalsRequest } from "../durable-objects/totals/windows.ts";
import type { NoticeKind } from "./domain/notices.ts";
import type { Settings } from "./domain/settings.ts";

type Limits = Settings["limits"];

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
const MEGABYTE = 1024 * 1024;

/** A whole office, or the customers of a phone company, may be one client. */
export const CHATS_PER_CLIENT_HOUR = 60;
export const CHATS_PER_CLIENT_DAY = 300;

export function takesOfChat(client: string, limits: Limits): TotalsRequest[] {
  return [
    {
      key: `chats:client:${client}`,
      limits: [
        { windowMs: HOUR_MS, max: CHATS_PER_CLIENT_HOUR },
        { windowMs: DAY_MS, max: CHATS_PER_CLIENT_DAY },
      ],
    },
    { key: "chats:deployment", limits: [{ windowMs: HOUR_MS, max: limits.chatsPerHour }] },
  ];
}

export const ADDRESSES_PER_CONVERSATION_HOUR = 5;
export const ADDRESSES_PER_CLIENT_HOUR = 20;
export const ADDRESSES_PER_CLIENT_DAY = 60;
export const ADDRESSES_PER_HOUR = 600;

/** Typed addresses: in the widget's form, by the site's code, or with the first message. */
export function takesOfAddress({ client, conversationId }: { client: string; conversationId: string }): TotalsRequest[] {
  return [
    {
      key: `addresses:conversation:${conversationId}`,
      limits: [{ windowMs: HOUR_MS, max: ADDRESSES_PER_CONVERSATION_HOUR }],
    },
    {
      key: `addresses:client:${client}`,
      limits: [
        { windowMs: HOUR_MS, max: ADDRESSES_PER_CLIENT_HOUR },
        { windowMs: DAY_MS, max: ADDRESSES_PER_CLIENT_DAY },
      ],
    },
    { key: "addresses:deployment", limits: [{ windowMs: HOUR_MS, max: ADDRESSES_PER_HOUR }] },
  ];
}

/** A file counts as at least this much, so that one number limits files and their bytes. */
export const UPLOAD_BYTES_MIN = 256 * 1024;
export const UPLOAD_BYTES_PER_CONVERSATION_DAY = 100 * MEGABYTE;
export const UPLOAD_BYTES_PER_CLIENT_HOUR = 200 * MEGABYTE;
export const UPLOAD_BYTES_PER_CLIENT_DAY = 500 * MEGABYTE;

export interface VisitorUpload {
  client: string;
  conversationId: string;
  /** As its sender has declared it. */
  bytes: number;
}

export function takesOfUpload({ client, conversationId, bytes }: VisitorUpload, limits: Limits): TotalsRequest[] {
  const cost = Math.max(bytes, UPLOAD_BYTES_MIN);
  return [
    {
      key: `uploads:conversation:${conversationId}`,
      cost,
      limits: [{ windowMs: DAY_MS, max: UPLOAD_BYTES_PER_CONVERSATION_DAY }],
    },
    {
      key: `uploads:client:${client}`,
      cost,
      limits: [
        { windowMs: HOUR_MS, max: UPLOAD_BYTES_PER_CLIENT_HOUR },
        { windowMs: DAY_MS, max: UPLOAD_BYTES_PER_CLIENT_DAY },
      ],
    },
    { key: "uploads:deployment", cost, limits: [{ windowMs: DAY_MS, max: limits.uploadMegabytesPerDay * MEGABYTE }] },
  ];
}

/** Units of visitors' messages in busy conversations: one each, and one more for every 2,000 characters. */
export const MESSAGE_UNITS_PER_CLIENT_HOUR = 2_000;
export const MESSAGE_UNITS_PER_CLIENT_DAY = 10_000;
export const MESSAGE_UNITS_PER_HOUR = 30_000;

export function takesOfMessages({ client, units }: { client: string; units: number }): TotalsRequest[] {
  return [
    {
      key: `messages:client:${client}`,
      cost: units,
      limits: [
        { windowMs: HOUR_MS, max: MESSAGE_UNITS_PER_CLIENT_HOUR },
        { windowMs: DAY_MS, max: MESSAGE_UNITS_PER_CLIENT_DAY },
      ],
    },
    { key: "messages:deployment", cost: units, limits: [{ windowMs: HOUR_MS, max: MESSAGE_UNITS_PER_HOUR }] },
  ];
}

const SOCKETS_WINDOW_MS = 10 * MINUTE_MS;
export const SOCKETS_PER_CLIENT = 300;
/** After a deployment everybody comes back at once. */
export const SOCKETS_PER_DEPLOYMENT = 20_000;

/** Sockets of visitors that are opened: counted in memory, for how many are open in one conversation has a bound of its own. */
export function takesOfSocket(client: string): TotalsRequest[] {
  return [
    {
      key: `sockets:client:${client}`,
      isForgiving: true,
      limits: [{ windowMs: SOCKETS_WINDOW_MS, max: SOCKETS_PER_CLIENT }],
    },
    {
      key: "sockets:deployment",
      isForgiving: true,
      limits: [{ windowMs: SOCKETS_WINDOW_MS, max: SOCKETS_PER_DEPLOYMENT }],
    },
  ];
}

const READING_WINDOW_MS = 10 * MINUTE_MS;
/** An office that opens newsletters is one client. */
export const PICTURES_PER_CLIENT = 1_000;
export const PICTURES_PER_DEPLOYMENT = 10_000;

/** Pictures of other servers that are fetched: counted in memory, for an agent's addresses are signed for minutes, and so many. */
export function takesOfPicture(client: string): TotalsRequest[] {
  return takesOfReading("pictures", { client, perClient: PICTURES_PER_CLIENT, perDeployment: PICTURES_PER_DEPLOYMENT });
}

export const LINKS_PER_CLIENT = 1_000;
export const LINKS_PER_DEPLOYMENT = 20_000;

/** Links to files that visitors have signed: counted in memory, for a link shows nothing that its session does not see. */
export function takesOfLink(client: string): TotalsRequest[] {
  return takesOfReading("links", { client, perClient: LINKS_PER_CLIENT, perDeployment: LINKS_PER_DEPLOYMENT });
}

function takesOfReading(
  name: "pictures" | "links",
  { client, perClient, perDeployment }: { client: string; perClient: number; perDeployment: number },
): TotalsRequest[] {
  return [
    { key: `${name}:client:${client}`, isForgiving: true, limits: [{ windowMs: READING_WINDOW_MS, max: perClient }] },
    { key: `${name}:deployment`, isForgiving: true, limits: [{ windowMs: READING_WINDOW_MS, max: perDeployment }] },
  ];
}

/** Of an agent's mails only the day's total holds; what nobody wrote by hand leaves half of it to them. */
const UNWRITTEN_SHARE = 0.5;

/** @param mail `recipients`: how many mails it is */
export function takesOfMail(mail: { recipients: number; isByHand: boolean }, limits: Limits): TotalsRequest[] {
  const share = mail.isByHand ? 1 : UNWRITTEN_SHARE;
  const max = Math.max(1, Math.floor(limits.mailsPerDay * share));
  return [{ key: "mails:deployment", cost: mail.recipients, limits: [{ windowMs: DAY_MS, max }] }];
}

export const RECEIPTS_PER_HOUR = 100;

/** Automatic answers; two a day to one address are counted with them (`auto-answer.ts`). */
export function takesOfReceipt(): TotalsRequest[] {
  return [{ key: "receipts:deployment", limits: [{ windowMs: HOUR_MS, max: RECEIPTS_PER_HOUR }] }];
}

export const BRAKE_WINDOW_MS = 2 * MINUTE_MS;
/** All mailboxes together, as a multiple of one. */
export const BRAKE_DEPLOYMENT_FACTOR = 3;

/** Mails of unknown senders that reach the list (M16a). */
export function takesOfNewSender(mailboxId: string, { newSendersPerTwoMinutes: max }: Limits): TotalsRequest[] {
  return [
    { key: `senders:mailbox:${mailboxId}`, limits: [{ windowMs: BRAKE_WINDOW_MS, max }] },
    { key: "senders:deployment", limits: [{ windowMs: BRAKE_WINDOW_MS, max: max * BRAKE_DEPLOYMENT_FACTOR }] },
  ];
}

/** Which notice a refusal is; null where it is one conversation's or one client's own. */
export function noticeOf(key: string): NoticeKind | null {
  switch (key) {
    case "chats:deployment":
      return "chats";
    case "messages:deployment":
      return "messages";
    case "addresses:deployment":
      return "addresses";
    case "uploads:deployment":
      return "uploads";
    case "sockets:deployment":
      return "sockets";
    case "pictures:deployment":
      return "pictures";
    case "links:deployment":
      return "links";
    case "mails:deployment":
      return "mails";
    case "receipts:deployment":
      return "receipts";
    default:
      return null;
  }
}
