/** What the thread shows, from what is known: pure, so that grouping and delivery lines are tested without a page. */
import type { Attachment, Author, Message } from "../../durable-objects/conversation/protocol.ts";
import type { UnsentMessage } from "../shared/unsent-store.ts";

/** Messages of one author within this time stand together. */
export const GROUP_GAP_MS = 5 * 60_000;

type RowState = "received" | "sending" | "waiting" | "sent" | "seen" | "failed";

export interface MessageRow {
  readonly kind: "message";
  readonly key: string;
  readonly side: "own" | "other" | "system";
  readonly author: Author;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly at: number;
  readonly isByEmail: boolean;
  readonly isFirstOfGroup: boolean;
  readonly isLastOfGroup: boolean;
  readonly state: RowState;
  /** The line below says how far the message has come: the newest own one, and every one that is not there yet. */
  readonly isStateShown: boolean;
  /** Set while the message is unsent. */
  readonly clientId: string | null;
  readonly refusal: string | null;
}

export type Row = MessageRow | { readonly kind: "day"; readonly key: string; readonly at: number };

export interface ThreadFacts {
  readonly messages: readonly Message[];
  readonly unsent: readonly UnsentMessage[];
  /** The last message that an agent has had on screen. */
  readonly readSeq: number;
  readonly isConnected: boolean;
  /** The start of the local day of an instant: groups depend on the visitor's time zone. */
  readonly dayOf: (at: number) => number;
}

type Draft = Omit<MessageRow, "isFirstOfGroup" | "isLastOfGroup" | "isStateShown">;

const isOwn = ({ author }: Message): boolean => author.kind === "visitor" || author.kind === "contact";

const fromMessage = (message: Message, readSeq: number): Draft => ({
  kind: "message",
  key: `m${message.seq}`,
  side: message.author.kind === "system" ? "system" : isOwn(message) ? "own" : "other",
  author: message.author,
  text: message.text,
  attachments: message.attachments,
  at: message.at,
  isByEmail: message.channel === "email",
  state: isOwn(message) ? (message.seq <= readSeq ? "seen" : "sent") : "received",
  clientId: null,
  refusal: null,
});

const fromUnsent = (message: UnsentMessage, isConnected: boolean): Draft => ({
  kind: "message",
  key: `u${message.clientId}`,
  side: "own",
  author: { kind: "visitor" },
  text: message.text,
  attachments: message.attachments,
  at: message.createdAt,
  isByEmail: false,
  state: message.failure ? "failed" : isConnected ? "sending" : "waiting",
  clientId: message.clientId,
  refusal: message.failure?.reason ?? null,
});

const isTogether = (a: Draft | undefined, b: Draft | undefined, dayOf: ThreadFacts["dayOf"]): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.side === b.side &&
  a.author.id === b.author.id &&
  a.author.name === b.author.name &&
  a.isByEmail === b.isByEmail &&
  Math.abs(b.at - a.at) <= GROUP_GAP_MS &&
  dayOf(a.at) === dayOf(b.at);

export function computeRows({ messages, unsent, readSeq, isConnected, dayOf }: ThreadFacts): readonly Row[] {
  const drafts = [
    ...messages.map((message) => fromMessage(message, readSeq)),
    ...unsent.map((message) => fromUnsent(message, isConnected)),
  ];
  const lastOwn = drafts.findLast(({ side, clientId }) => side === "own" && clientId === null);
  const rows: Row[] = [];
  let day = Number.NaN;
  for (const [index, draft] of drafts.entries()) {
    const today = dayOf(draft.at);
    if (today !== day) rows.push({ kind: "day", key: `d${today}`, at: draft.at });
    day = today;
    rows.push({
      ...draft,
      isFirstOfGroup: !isTogether(drafts[index - 1], draft, dayOf),
      isLastOfGroup: !isTogether(draft, drafts[index + 1], dayOf),
      isStateShown: draft.side === "own" && (draft.clientId !== null || draft === lastOwn),
    });
  }
  return rows;
}
