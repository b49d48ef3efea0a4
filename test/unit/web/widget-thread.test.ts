import { describe, expect, test } from "vitest";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import { textOn } from "../../../web/widget/colour.ts";
import { splitLinks } from "../../../web/widget/links.ts";
import { GROUP_GAP_MS, type MessageRow, type ThreadFacts, computeRows } from "../../../web/widget/rows.ts";
import { fill, texts } from "../../../web/widget/texts.ts";

const DAY_MS = 86_400_000;
const message = (seq: number, change: Partial<Message> = {}): Message => ({
  seq,
  id: `m${seq}`,
  at: 1000 * seq,
  author: { kind: "visitor" },
  channel: "chat",
  text: `text ${seq}`,
  attachments: [],
  ...change,
});
const facts = (change: Partial<ThreadFacts>): ThreadFacts => ({
  messages: [],
  unsent: [],
  readSeq: 0,
  isConnected: true,
  dayOf: (at) => Math.floor(at / DAY_MS) * DAY_MS,
  ...change,
});
const messageRows = (change: Partial<ThreadFacts>): readonly MessageRow[] =>
  computeRows(facts(change)).filter((row): row is MessageRow => row.kind === "message");

describe("rows", () => {
  test("messages of one author within minutes stand together; a name is shown for the first", () => {
    const ana = { kind: "agent", id: "a", name: "Ana" } as const;
    const rows = messageRows({ messages: [message(1, { author: ana }), message(2, { author: ana }), message(3)] });
    expect(rows.map(({ isFirstOfGroup, isLastOfGroup }) => [isFirstOfGroup, isLastOfGroup])).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ]);
    const apart = messageRows({ messages: [message(1), message(2, { at: 1001 + GROUP_GAP_MS })] });
    expect(apart.every(({ isFirstOfGroup }) => isFirstOfGroup)).toBe(true);
  });

  test("a day is named once, before its first message", () => {
    const rows = computeRows(facts({ messages: [message(1), message(2), message(3, { at: DAY_MS + 5 })] }));
    expect(rows.map(({ kind }) => kind)).toEqual(["day", "message", "message", "day", "message"]);
  });

  test("how far a message has come is told of the newest own one and of every unsent one", () => {
    const unsent = { clientId: "c", text: "x", attachments: [], createdAt: 4000 };
    const refused = { ...unsent, clientId: "d", failure: { reason: "too_long" as const } };
    const rows = messageRows({ messages: [message(1), message(2)], unsent: [unsent, refused], readSeq: 2 });
    expect(rows.map(({ state, isStateShown }) => [state, isStateShown])).toEqual([
      ["seen", false],
      ["seen", true],
      ["sending", true],
      ["failed", true],
    ]);
    expect(messageRows({ unsent: [unsent], isConnected: false })[0]?.state).toBe("waiting");
  });

  test("[S9] a message that came by email says so", () => {
    expect(messageRows({ messages: [message(1, { channel: "email" })] })[0]?.isByEmail).toBe(true);
  });
});

describe("[T12] links", () => {
  test.each([
    ["see https://example.com/a?b=1.", "https://example.com/a?b=1"],
    ["(https://en.example.org/wiki/Hub_(wheel))", "https://en.example.org/wiki/Hub_(wheel)"],
    ["write to ana@example.com!", "mailto:ana@example.com"],
    ["mailto:ana@example.com", "mailto:ana@example.com"],
  ])("%s", (text, href) => {
    const parts = splitLinks(text);
    expect(parts.flatMap((part) => (part.kind === "link" ? [part.href] : []))).toEqual([href]);
    expect(parts.map((part) => part.text).join("")).toBe(text);
  });

  test.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "java\nscript:alert(1)",
    "file:///etc/passwd",
    "https://",
    "a@b",
    "no link",
  ])("%s is text", (text) => {
    expect(splitLinks(text)).toEqual([{ kind: "text", text }]);
  });
});

test("a value that is put into a text is never read as a template", () => {
  expect(fill(texts.en.from, { name: "{text}", text: "{name}$&" })).toBe("{text} says: {name}$&");
});

test("text on the company's colour can be read: white on dark ones, dark on light ones", () => {
  expect([textOn("#4f46e5"), textOn("#b3441e"), textOn("#000000"), textOn("#ffd400"), textOn("#ffffff")]).toEqual([
    "#ffffff",
    "#ffffff",
    "#ffffff",
    "#16161d",
    "#16161d",
  ]);
});
