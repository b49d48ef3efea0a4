import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { badFrame } from "../../../durable-objects/conversation/core.ts";
import { parseFrame } from "../../../durable-objects/conversation/frames.ts";
import { FRAME_LENGTH_MAX, TEXT_LENGTH_MAX } from "../../../durable-objects/conversation/protocol.ts";
import { uuid } from "../../support/conversation-builders.ts";

const parse = (frame: unknown) => parseFrame(JSON.stringify(frame));

describe("[P2] what a client may send", () => {
  test.each([
    { type: "hello", lastSeq: 0 },
    { type: "hello", lastSeq: 7, isHidden: true },
    { type: "send", clientId: uuid(1), text: "a".repeat(TEXT_LENGTH_MAX) },
    { type: "send", clientId: uuid(1), text: "", attachmentIds: [uuid(2)], channel: "email", subject: "s", ifLastSeq: 3 },
    { type: "typing" },
    { type: "seen", seq: 1 },
    { type: "visibility", isHidden: false },
    { type: "draft", kind: "note", text: "" },
    { type: "undo", seq: 1 },
  ])("$type is taken as it is", (frame) => {
    expect(parse(frame)).toEqual({ isOk: true, frame });
  });

  test("[A10] what is not part of a frame is left behind", () => {
    expect(parse({ type: "typing", author: { kind: "agent" } })).toEqual({ isOk: true, frame: { type: "typing" } });
  });
});

describe("[P8] bad frames", () => {
  test.each<[string, string | ArrayBuffer, string]>([
    ["bytes", new ArrayBuffer(3), "frames are text"],
    ["no JSON", "{", "frames are JSON"],
    ["no object", "7", "frame: Invalid type: Expected Object but received 7"],
    ["no type", "{}", 'type: Invalid type: Expected ("hello"'],
    ["another type", '{"type":"drop"}', 'type: Invalid type: Expected ("hello"'],
    ["half a seq", '{"type":"seen","seq":1.5}', "seq: "],
    ["a negative seq", '{"type":"hello","lastSeq":-1}', "lastSeq: "],
    ["no UUIDv7", '{"type":"send","clientId":"1","text":""}', "clientId: must be a UUIDv7"],
    ["another channel", JSON.stringify({ type: "send", clientId: uuid(1), text: "", channel: "sms" }), "channel: "],
    ["too long", `"${"x".repeat(FRAME_LENGTH_MAX)}"`, `frames have at most ${FRAME_LENGTH_MAX} characters`],
  ])("%s is answered with why, and ends the socket", (_, data, detail) => {
    const parsed = parseFrame(data);
    if (parsed.isOk) throw new Error("was taken");
    expect(parsed.detail.startsWith(detail)).toBe(true);
    expect(badFrame(parsed)).toEqual([
      { kind: "answer", frame: { type: "rejected", reason: "bad_frame", detail: parsed.detail } },
      { kind: "close", code: 4002, reason: "bad_frame" },
    ]);
  });

  test("[C12] [P8] a text that is only too long names its message and ends nothing", () => {
    const parsed = parse({ type: "send", clientId: uuid(1), text: "a".repeat(TEXT_LENGTH_MAX + 1) });
    if (parsed.isOk) throw new Error("was taken");
    expect(badFrame(parsed)).toEqual([{ kind: "answer", frame: { type: "rejected", reason: "too_long", clientId: uuid(1) } }]);
  });

  test("nothing that can be sent throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify({ type: "send", clientId: value })),
        ),
        (data) => {
          expect(typeof parseFrame(data).isOk).toBe("boolean");
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });
});
