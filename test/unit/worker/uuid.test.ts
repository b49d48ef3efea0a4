import * as fc from "fast-check";
import { expect, test } from "vitest";
import { uuidSchema } from "../../../durable-objects/conversation/protocol.ts";
import { uuidV7, uuidV7Time } from "../../../worker/domain/uuid.ts";
import * as v from "valibot";

const times = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const random = fc.uint8Array({ minLength: 10, maxLength: 32 });

test("a UUIDv7 of RFC 9562, which gives its time back", () => {
  fc.assert(
    fc.property(times, random, (at, bytes) => {
      const id = uuidV7(at, bytes);
      expect(v.is(uuidSchema, id)).toBe(true);
      expect(uuidV7Time(id)).toBe(at);
    }),
  );
});

test("the example of RFC 9562, appendix A.6", () => {
  const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  expect(uuidV7(0x017f22e279b0, random)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
});

test("later ones sort later; the same bytes give the same id; others another", () => {
  fc.assert(
    fc.property(times, times, random, random, (a, b, x, y) => {
      if (a < b) expect(uuidV7(a, x) < uuidV7(b, y)).toBe(true);
      expect(uuidV7(a, x)).toBe(uuidV7(a, x.slice()));
    }),
  );
  expect(uuidV7(1, new Uint8Array(10))).not.toBe(uuidV7(1, new Uint8Array(10).fill(1)));
});

test("too little randomness is refused", () => {
  expect(() => uuidV7(1, new Uint8Array(9))).toThrow("10 random bytes");
});
