import { describe, expect, it } from "vitest";
import { linkify } from "../../../web/inbox/conversation/linkify.ts";
import { bareSubject, computeEntries, mergeEvents } from "../../../web/inbox/conversation/thread-entries.ts";
import { aMessage, anEvent, COLLEAGUE } from "./builders.ts";

const DAY_MS = 24 * 3_600_000;
const parts = { messages: [], events: [], unsent: [], hasOlder: false };
const kinds = (entries: ReturnType<typeof computeEntries>) => entries.map(({ key }) => key.replace(/^day.*/, "day"));

describe("a thread", () => {
  it("begins each day with its date", () => {
    const messages = [aMessage({ seq: 1 }), aMessage({ seq: 2, at: aMessage().at + DAY_MS })];
    expect(kinds(computeEntries({ ...parts, messages }))).toEqual(["day", "message-1", "day", "message-2"]);
  });

  it("has events where they happened, and unsent messages last", () => {
    const messages = [aMessage({ seq: 1 }), aMessage({ seq: 2 })];
    const events = [anEvent({ id: 7, afterSeq: 1, at: aMessage().at + 1 })];
    const unsent = [{ clientId: "c", text: "x", attachments: [], createdAt: 0 }];
    expect(kinds(computeEntries({ ...parts, messages, events, unsent }))).toEqual([
      "day",
      "message-1",
      "event-7",
      "message-2",
      "unsent-c",
    ]);
  });

  it("says an author's name once for messages in a row, and again for another channel", () => {
    const messages = [
      aMessage({ seq: 1 }),
      aMessage({ seq: 2 }),
      aMessage({ seq: 3, author: { kind: "agent", ...COLLEAGUE } }),
      aMessage({ seq: 4, author: { kind: "agent", ...COLLEAGUE }, channel: "note" }),
    ];
    const entries = computeEntries({ ...parts, messages });
    expect(entries.flatMap((entry) => (entry.kind === "message" ? [entry.isFirstOfGroup] : []))).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it("shows a subject when it changes, whatever its prefixes", () => {
    const subjects = ["Order 7", "Re: Order 7", "AW: Re: Order 7", "Something else"];
    const messages = subjects.map((subject, index) => aMessage({ seq: index + 1, channel: "email", subject }));
    const entries = computeEntries({ ...parts, messages });
    expect(entries.flatMap((entry) => (entry.kind === "message" ? [entry.isSubjectShown] : []))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(bareSubject("RV: Fwd:  Hola")).toBe("Hola");
  });

  it("leaves out what happened before its first message while older ones are to come", () => {
    const messages = [aMessage({ seq: 9 })];
    const events = [anEvent({ id: 1, afterSeq: 3 })];
    expect(kinds(computeEntries({ ...parts, messages, events, hasOlder: true }))).toEqual(["day", "message-9"]);
  });

  it("says that an address was given once, until it is another one", () => {
    const messages = [aMessage({ seq: 1 }), aMessage({ seq: 2 })];
    const given = (id: number, afterSeq: number, name: string) => anEvent({ id, afterSeq, kind: "contact", subject: { name } });
    const events = [given(1, 1, "vera@x.test"), given(2, 2, "vera@x.test"), given(3, 2, "vera@y.test")];
    expect(kinds(computeEntries({ ...parts, messages, events }))).toEqual([
      "day",
      "message-1",
      "event-1",
      "message-2",
      "event-3",
    ]);
  });

  it("holds each event once", () => {
    expect(mergeEvents([anEvent({ id: 2 })], [anEvent({ id: 1 }), anEvent({ id: 2 })]).map(({ id }) => id)).toEqual([1, 2]);
  });
});

describe("[T12] links in a text", () => {
  it("are web addresses only, without the sentence's punctuation", () => {
    expect(linkify("See https://a.example/x. (or https://b.example/y_(z))")).toEqual([
      { kind: "text", text: "See " },
      { kind: "link", text: "https://a.example/x", href: "https://a.example/x" },
      { kind: "text", text: ". (or " },
      { kind: "link", text: "https://b.example/y_(z)", href: "https://b.example/y_(z)" },
      { kind: "text", text: ")" },
    ]);
  });

  it("are never scripts or markup", () => {
    const text = 'javascript:alert(1) <a href="x">y</a> data:text/html,x';
    expect(linkify(text)).toEqual([{ kind: "text", text }]);
  });

  it("are found in linear time", () => {
    const started = performance.now();
    linkify("http://".repeat(20_000) + "(".repeat(20_000) + ".".repeat(20_000));
    expect(performance.now() - started).toBeLessThan(500);
  });
});
