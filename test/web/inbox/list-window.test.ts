import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_FILTERS } from "../../../web/inbox/list/conversation-filters.ts";
import {
  computeRows,
  EMPTY_WINDOW,
  mergeKnown,
  withPage,
  withPresence,
  withTouched,
  type Known,
} from "../../../web/inbox/list/list-window.ts";
import { aConversation, idOf, ME } from "./builders.ts";

const view = { filters: DEFAULT_FILTERS, myId: ME.id, kept: new Set<string>() };
const known = (...conversations: ReturnType<typeof aConversation>[]): Known => mergeKnown(new Map(), conversations);
const revisions = (from: Known) => Object.fromEntries([...from].map(([id, { revision }]) => [id, revision]));
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

describe("what is known", () => {
  it("an older answer never replaces a newer delta", () => {
    const newer = aConversation(1, { revision: 5, unread: true });
    const older = aConversation(1, { revision: 4, unread: false });
    expect(mergeKnown(known(newer), [older]).get(idOf(1))).toEqual(newer);
  });

  it("ends the same in whatever order deltas and pages come in", () => {
    const change = fc.record({ n: fc.integer({ min: 1, max: 4 }), revision: fc.integer({ min: 1, max: 50 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), fc.nat(), (changes, seed) => {
        const all = changes.map(({ n, revision }) => aConversation(n, { revision }));
        const shuffled = [...all].sort((a, b) => ((a.revision * 7 + seed) % 11) - ((b.revision * 7 + seed) % 11));
        expect(revisions(shuffled.reduce((map, one) => mergeKnown(map, [one]), known()))).toEqual(revisions(known(...all)));
      }),
      { seed: 7 },
    );
  });

  it("[S6] the green dot comes and goes without a revision", () => {
    const before = known(aConversation(1));
    expect(withPresence(before, idOf(1), true).get(idOf(1))?.isVisitorOnline).toBe(true);
    expect(withPresence(before, idOf(1), false)).toBe(before);
    expect(withPresence(before, idOf(2), true)).toBe(before);
  });
});

describe("the rows of a list", () => {
  it("are newest first", () => {
    const window = withPage(EMPTY_WINDOW, { items: [aConversation(2), aConversation(1)], nextCursor: null });
    expect(ids(computeRows(window, known(aConversation(1), aConversation(2)), view))).toEqual([idOf(2), idOf(1)]);
  });

  it("[S5] a conversation that a delta brings appears, and moves up with its next message", () => {
    const page = withPage(EMPTY_WINDOW, { items: [aConversation(2), aConversation(1)], nextCursor: null });
    const moved = aConversation(1, { revision: 2, lastMessage: aConversation(9).lastMessage });
    const window = withTouched(page, [idOf(1), idOf(3)]);
    const rows = computeRows(window, known(aConversation(2), moved, aConversation(3)), view);
    expect(ids(rows)).toEqual([idOf(1), idOf(3), idOf(2)]);
  });

  it("[S4] a completed conversation leaves the open list, but where it is kept", () => {
    const complete = aConversation(1, { revision: 2, status: "complete" });
    const window = withTouched(withPage(EMPTY_WINDOW, { items: [aConversation(1)], nextCursor: null }), [idOf(1)]);
    expect(computeRows(window, known(complete), view)).toEqual([]);
    expect(ids(computeRows(window, known(complete), { ...view, kept: new Set([idOf(1)]) }))).toEqual([idOf(1)]);
  });

  it("hold nothing older than what has been paged in", () => {
    const page = withPage(EMPTY_WINDOW, { items: [aConversation(9), aConversation(8)], nextCursor: "more" });
    const window = withTouched(page, [idOf(1)]);
    const all = known(aConversation(9), aConversation(8), aConversation(1));
    expect(ids(computeRows(window, all, view))).toEqual([idOf(9), idOf(8)]);
    const whole = withPage(window, { items: [aConversation(1)], nextCursor: null });
    expect(ids(computeRows(whole, all, view))).toEqual([idOf(9), idOf(8), idOf(1)]);
  });

  it("believe the server about a conversation until it changes", () => {
    const listed = aConversation(1, { lastMessage: null });
    const window = withPage(EMPTY_WINDOW, { items: [listed], nextCursor: null });
    const filters = { ...DEFAULT_FILTERS, channel: "email" as const };
    expect(ids(computeRows(window, known(listed), { ...view, filters }))).toEqual([idOf(1)]);
    expect(computeRows(window, known({ ...listed, revision: 2 }), { ...view, filters })).toEqual([]);
  });
});
