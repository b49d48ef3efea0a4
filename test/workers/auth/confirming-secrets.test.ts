/** [B4] [B7] What is mailed to an address for one session. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CODE_DIGITS,
  CODE_DIGITS_GUARDED,
  CONFIRMING_LINK_MS,
  hashCode,
  newCode,
  readForSession,
  signForSession,
} from "../../../worker/auth/confirming-secrets.ts";
import { canonicalAddress } from "../../../worker/domain/address.ts";

const SECRET = "a secret of at least thirty-two characters";
const NOW = 1_800_000_000_000;
const OWN = { conversationId: "conversation", sessionId: "session", email: "vera@example.test" };
const signed = (over: Partial<typeof OWN> = {}) => signForSession(SECRET, "confirm", { ...OWN, ...over, now: NOW });
const read = (token: string, over: { secret?: string; purpose?: "confirm" | "stop-codes"; now?: number } = {}) =>
  readForSession(over.secret ?? SECRET, over.purpose ?? "confirm", { signed: token, now: over.now ?? NOW });

describe("a secret", () => {
  test("says for which session and address it is, to those who hold the key, for thirty days", async () => {
    const token = await signed();
    expect(await read(token)).toEqual(OWN);
    expect(await read(token, { now: NOW + CONFIRMING_LINK_MS })).toEqual(OWN);
    expect(await read(token, { now: NOW + CONFIRMING_LINK_MS + 1 })).toBeNull();
    expect(await read(token, { secret: `${SECRET}!` })).toBeNull();
    expect(await read(token, { purpose: "stop-codes" })).toBeNull();
  });

  test("is safe in a fragment, whatever the address has in it", async () => {
    for (const email of ["jörg@müller.example", `"a.b+c'd"@x.test`, '[\\"]@x.test']) {
      const token = await signed({ email });
      expect(token).toMatch(/^[\w-]+\.[\w-]+$/);
      expect(await read(token)).toEqual({ ...OWN, email: canonicalAddress(email) });
    }
  });

  test("changed in any one place is none", async () => {
    const token = await signed();
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: token.length - 1 }), fc.constantFrom("0", "a", "Z", ".", "-", "💬"), async (at, char) => {
        fc.pre(token[at] !== char);
        expect(await read(token.slice(0, at) + char + token.slice(at + 1))).toBeNull();
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  test.each(["", ".", "..", "a.b", "a.b.c", "💬", "e30."])("%j is none", async (token) => {
    expect(await read(token)).toBeNull();
  });
});

describe("a code", () => {
  test("has six digits, or ten, each as likely as any other", () => {
    const counts = Array.from({ length: 10 }, () => 0);
    for (let n = 0; n < 2_000; n += 1) {
      const code = newCode(CODE_DIGITS);
      expect(code).toMatch(/^\d{6}$/);
      for (const digit of code) counts[Number(digit)] = (counts[Number(digit)] ?? 0) + 1;
    }
    // 1,200 of each are expected; seven deviations of chance are never seen.
    for (const count of counts) expect(Math.abs(count - 1_200)).toBeLessThan(230);
    expect(newCode(CODE_DIGITS_GUARDED)).toMatch(/^\d{10}$/);
    expect(newCode(1)).toMatch(/^\d$/);
  });

  test("is stored as a keyed hash, of this session alone", async () => {
    const hashes = await Promise.all([
      hashCode(SECRET, { sessionId: "one", code: "123456" }),
      hashCode(SECRET, { sessionId: "one", code: "123456" }),
      hashCode(SECRET, { sessionId: "two", code: "123456" }),
      hashCode(SECRET, { sessionId: "one", code: "123457" }),
      hashCode(`${SECRET}!`, { sessionId: "one", code: "123456" }),
    ]);
    expect(hashes[0]).toBe(hashes[1]);
    expect(new Set(hashes).size).toBe(4);
    expect(hashes[0]).not.toContain("123456");
  });
});
