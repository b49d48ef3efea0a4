import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "../../../worker/api/cursor.ts";
import { uuidV7 } from "../../../worker/domain/uuid.ts";

test("a position comes back as it was", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 10, maxLength: 10 }), (at, random) => {
      const id = uuidV7(1, random);
      expect(decodeCursor(encodeCursor({ at, id }) ?? "")).toEqual({ at, id });
    }),
  );
  expect(encodeCursor(null)).toBeNull();
  expect(decodeCursor(undefined)).toBeNull();
});

test.each([
  "",
  "x",
  "1_",
  "_",
  "1_not-an-id",
  `zzzzzzzzzzzzzz_${uuidV7(1, new Uint8Array(10))}`,
  `!_${uuidV7(1, new Uint8Array(10))}`,
])("%j is not one of ours", (cursor) => {
  expect(() => decodeCursor(cursor)).toThrow("cursor");
});
