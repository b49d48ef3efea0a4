import { expect, test } from "vitest";
import * as protocol from "../../../durable-objects/conversation/protocol.ts";
import { uuidSchema } from "../../../durable-objects/conversation/protocol.ts";
import * as constants from "../../../web/shared/protocol-constants.ts";
import { makeUuidV7 } from "../../../web/shared/uuid-v7.ts";
import { safeParse } from "valibot";

test.each(Object.entries(constants))("%s is the protocol's", (name, value) => {
  expect(value).toEqual(Reflect.get(protocol, name));
});

const fill =
  (value: number) =>
  (bytes: Uint8Array): void =>
    void bytes.fill(value);

test("a clientId is a UUIDv7 that sorts by its time", () => {
  const early = makeUuidV7(1_700_000_000_000, fill(255));
  const late = makeUuidV7(1_700_000_000_001, fill(0));
  expect(early).toBe("018bcfe5-6800-7fff-bfff-ffffffffffff");
  expect(late).toBe("018bcfe5-6801-7000-8000-000000000000");
  expect([early, late].every((id) => safeParse(uuidSchema, id).success)).toBe(true);
});
