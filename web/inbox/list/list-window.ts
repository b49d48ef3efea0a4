/**
 * The merge of a list's pages (read by cursor) with live deltas, as pure functions.
 *
 * What is known of a conversation is one thing (`Known`, newest revision wins, shared by all lists); which of them a list
 * shows is another (`ListWindow`). A conversation is shown where a page named it or a delta touched it, it fits the
 * filters, and it is not older than what has been paged in.
 */
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import { matchesFilters, type ConversationFilters } from "./conversation-filters.ts";

export type Known = ReadonlyMap<string, Conversation>;
type SortKey = readonly [at: number, id: string];

export interface ListWindow {
  /** Id → the revision with which a page of the server listed it: at that revision the server's word counts. */
  readonly paged: ReadonlyMap<string, number>;
  /** Changed since the first page was asked for. */
  readonly touched: ReadonlySet<string>;
  /** The end of what has been read; null where everything has. */
  readonly boundary: SortKey | null;
  readonly nextCursor: string | null;
}

export interface ListPage {
  readonly items: readonly Conversation[];
  readonly nextCursor: string | null;
}

export const EMPTY_WINDOW: ListWindow = { paged: new Map(), touched: new Set(), boundary: null, nextCursor: null };

function sortKey(conversation: Conversation): SortKey {
  return [conversation.lastMessage?.at ?? conversation.createdAt, conversation.id];
}

/** Newest first. */
function compareKeys([atA, idA]: SortKey, [atB, idB]: SortKey): number {
  if (atA !== atB) return atB - atA;
  return idA < idB ? 1 : idA > idB ? -1 : 0;
}

/** Adds what came in; an older revision never replaces a newer one. The same map where nothing changes. */
export function mergeKnown(known: Known, incoming: readonly Conversation[]): Known {
  let merged: Map<string, Conversation> | null = null;
  // One by one, because pages that were read while a conversation moved name it twice.
  for (const conversation of incoming) {
    const current = (merged ?? known).get(conversation.id);
    if (current === conversation || (current && current.revision > conversation.revision)) continue;
    merged ??= new Map(known);
    merged.set(conversation.id, conversation);
  }
  return merged ?? known;
}

/** Sets the green dot, which comes and goes without a revision. */
export function withPresence(known: Known, id: string, isVisitorOnline: boolean): Known {
  const current = known.get(id);
  if (current === undefined || current.isVisitorOnline === isVisitorOnline) return known;
  return new Map(known).set(id, { ...current, isVisitorOnline });
}

export function withPage(window: ListWindow, page: ListPage): ListWindow {
  const paged = new Map(window.paged);
  for (const { id, revision } of page.items) paged.set(id, revision);
  const last = page.items.at(-1);
  const boundary = page.nextCursor === null ? null : last ? sortKey(last) : window.boundary;
  return { ...window, paged, boundary, nextCursor: page.nextCursor };
}

export function withTouched(window: ListWindow, ids: readonly string[]): ListWindow {
  if (ids.every((id) => window.touched.has(id))) return window;
  return { ...window, touched: new Set([...window.touched, ...ids]) };
}

export interface ListView {
  readonly filters: ConversationFilters;
  readonly myId: string;
  /** Shown although they no longer fit: the one that is open, and those that were completed a moment ago. */
  readonly kept: ReadonlySet<string>;
}

/** The rows to show, newest first. */
export function computeRows(window: ListWindow, known: Known, { filters, myId, kept }: ListView): Conversation[] {
  const rows: { key: SortKey; conversation: Conversation }[] = [];
  const consider = (id: string) => {
    const conversation = known.get(id);
    if (!conversation) return;
    const isListed = window.paged.get(id) === conversation.revision || matchesFilters(conversation, filters, myId);
    if (!isListed && !kept.has(id)) return;
    const key = sortKey(conversation);
    if (window.boundary === null || compareKeys(key, window.boundary) <= 0) rows.push({ key, conversation });
  };
  // Pages come in order, so that the sort below finds most of its work done.
  for (const id of window.paged.keys()) consider(id);
  for (const id of window.touched) if (!window.paged.has(id)) consider(id);
  return rows.sort((a, b) => compareKeys(a.key, b.key)).map(({ conversation }) => conversation);
}
