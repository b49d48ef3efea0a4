import { describe, expect, test } from "vitest";
import { parseInboxServerFrame, parseServerFrame } from "../../../web/shared/frame-guard.ts";

const message = { seq: 1, id: "m", at: 1, author: { kind: "agent" }, channel: "chat", text: "Hi", attachments: [] };

describe("what is not a frame is ignored", () => {
  test.each(["pong", "", "null", "7", "[]", "{}", '{"type":"constructor"}', '{"type":"unheard-of"}', '{"type":"message"}'])(
    "%s",
    (text) => {
      expect(parseServerFrame(text)).toBeNull();
    },
  );

  test("a message without what is drawn of it", () => {
    for (const field of ["seq", "at", "text", "author", "attachments"]) {
      const broken = JSON.stringify({ type: "message", message: { ...message, [field]: undefined } });
      expect(parseServerFrame(broken)).toBeNull();
    }
  });

  test("a page with one bad message among good ones", () => {
    expect(parseServerFrame(JSON.stringify({ type: "messages", messages: [message, null], more: false }))).toBeNull();
  });
});

test("a frame is handed on as it came", () => {
  const frame = { type: "message", message, clientId: "c" };
  expect(parseServerFrame(JSON.stringify(frame))).toEqual(frame);
});

test("the list's frames need a revision", () => {
  expect(parseInboxServerFrame('{"type":"welcome","agents":[]}')).toBeNull();
  const frame = { type: "welcome", revision: { epoch: "e", n: 1 }, agents: [] };
  expect(parseInboxServerFrame(JSON.stringify(frame))).toEqual(frame);
});
