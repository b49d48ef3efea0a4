import { describe, expect, it } from "vitest";
import {
  countFilters,
  DEFAULT_FILTERS,
  matchesFilters,
  parseFilters,
  toApiQuery,
  toRouteQuery,
} from "../../../web/inbox/list/conversation-filters.ts";
import { aConversation, COLLEAGUE, ME } from "./builders.ts";

describe("filters", () => {
  it("survive the way through the URL", () => {
    const filters = { status: "all", assignee: "me", isUnreadOnly: true, channel: "email" } as const;
    expect(toRouteQuery(filters)).toEqual({ status: "all", assignee: "me", unread: "true", channel: "email" });
    expect(parseFilters({ status: "all", assignee: "me", unread: "true", channel: "email" })).toEqual(filters);
    expect(toRouteQuery(DEFAULT_FILTERS)).toEqual({});
  });

  it("fall back where the URL says something else", () => {
    expect(parseFilters({ status: "x", assignee: "<script>", channel: ["a"], unread: "1" })).toEqual(DEFAULT_FILTERS);
  });

  it("become the API's query", () => {
    expect(toApiQuery(DEFAULT_FILTERS)).toEqual({ status: "open", assignee: undefined, unread: undefined, channel: undefined });
    expect(countFilters({ ...DEFAULT_FILTERS, isUnreadOnly: true, assignee: "none" })).toBe(2);
  });

  it.each([
    ["everyone", null, true],
    ["me", ME.id, true],
    ["me", COLLEAGUE.id, false],
    ["none", null, true],
    ["none", ME.id, false],
    [COLLEAGUE.id, COLLEAGUE.id, true],
    [COLLEAGUE.id, null, false],
  ])("[S21] assigned to %s, a conversation of %s: %s", (assignee, assigneeId, expected) => {
    expect(matchesFilters(aConversation(1, { assigneeId }), { ...DEFAULT_FILTERS, assignee }, ME.id)).toBe(expected);
  });

  it("match status, unread and channel", () => {
    const conversation = aConversation(1, { status: "complete", unread: false });
    expect(matchesFilters(conversation, DEFAULT_FILTERS, ME.id)).toBe(false);
    expect(matchesFilters(conversation, { ...DEFAULT_FILTERS, status: "all" }, ME.id)).toBe(true);
    expect(matchesFilters(conversation, { ...DEFAULT_FILTERS, status: "all", isUnreadOnly: true }, ME.id)).toBe(false);
    expect(matchesFilters(conversation, { ...DEFAULT_FILTERS, status: "all", channel: "email" }, ME.id)).toBe(false);
  });

  it("stay with their channel when a colleague adds a note", () => {
    const { lastMessage } = aConversation(1);
    if (lastMessage === null) throw new Error("it has a message");
    const noted = aConversation(1, { channel: "email", lastMessage: { ...lastMessage, channel: "note" } });
    expect(matchesFilters(noted, { ...DEFAULT_FILTERS, channel: "email" }, ME.id)).toBe(true);
    expect(matchesFilters(noted, { ...DEFAULT_FILTERS, channel: "chat" }, ME.id)).toBe(false);
  });
});
