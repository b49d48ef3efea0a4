import type { LocationQuery, LocationQueryRaw } from "vue-router";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";

export type StatusFilter = "open" | "complete" | "all";

/** What the list shows. Lives in the URL, so that a reload and a shared link show the same. */
export interface ConversationFilters {
  status: StatusFilter;
  /** An agent's id, or one of three words. */
  assignee: string;
  isUnreadOnly: boolean;
  channel: "any" | "chat" | "email";
}

export const EVERYONE = "everyone";
export const ME = "me";
export const UNASSIGNED = "none";

export const DEFAULT_FILTERS: ConversationFilters = { status: "open", assignee: EVERYONE, isUnreadOnly: false, channel: "any" };

function oneOf<T extends string>(value: unknown, allowed: readonly T[], fallback: T): T {
  return allowed.find((candidate) => candidate === value) ?? fallback;
}

export function parseFilters(query: LocationQuery): ConversationFilters {
  const { assignee } = query;
  return {
    status: oneOf(query["status"], ["open", "complete", "all"], "open"),
    assignee: typeof assignee === "string" && /^[\w-]{2,64}$/.test(assignee) ? assignee : EVERYONE,
    isUnreadOnly: query["unread"] === "true",
    channel: oneOf(query["channel"], ["any", "chat", "email"], "any"),
  };
}

/** The parameters that differ from the default; the same for the page's URL and for the API but for `status`. */
export function toRouteQuery(filters: ConversationFilters): LocationQueryRaw {
  return {
    ...(filters.status !== "open" && { status: filters.status }),
    ...(filters.assignee !== EVERYONE && { assignee: filters.assignee }),
    ...(filters.isUnreadOnly && { unread: "true" }),
    ...(filters.channel !== "any" && { channel: filters.channel }),
  };
}

export function toApiQuery(filters: ConversationFilters): Record<string, string | undefined> {
  return {
    status: filters.status,
    assignee: filters.assignee === EVERYONE ? undefined : filters.assignee,
    unread: filters.isUnreadOnly ? "true" : undefined,
    channel: filters.channel === "any" ? undefined : filters.channel,
  };
}

/** How many of the filters beside the status tabs are in use. */
export function countFilters(filters: ConversationFilters): number {
  return [filters.assignee !== EVERYONE, filters.isUnreadOnly, filters.channel !== "any"].filter(Boolean).length;
}

function matchesAssignee(assigneeId: string | null, assignee: string, myId: string): boolean {
  if (assignee === EVERYONE) return true;
  if (assignee === UNASSIGNED) return assigneeId === null;
  return assigneeId === (assignee === ME ? myId : assignee);
}

/** Whether a conversation that changed belongs in the list; the server's rule, for deltas. */
export function matchesFilters(conversation: Conversation, filters: ConversationFilters, myId: string): boolean {
  if (filters.status !== "all" && conversation.status !== filters.status) return false;
  if (filters.isUnreadOnly && !conversation.unread) return false;
  // A note does not change it; items of an older server do not say it.
  const channel = conversation.channel ?? conversation.lastMessage?.channel;
  if (filters.channel !== "any" && channel !== filters.channel) return false;
  return matchesAssignee(conversation.assigneeId, filters.assignee, myId);
}
