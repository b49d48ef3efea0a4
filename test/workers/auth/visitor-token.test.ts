import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hmacSha256, toBase64Url } from "../../../worker/auth/hmac.ts";
import { createVisitorToken, deriveConversationId, readVisitorToken } from "../../../worker/auth/visitor-token.ts";
import { uuidV7, uuidV7Time } from "../../../worker/domain/uuid.ts";

const SECRET = "a secret of at least thirty-two characters";
const ID = uuidV7(1_700_000_000_000, new Uint8Array(10).fill(7));
const SESSION = uuidV7(1_700_000_000_000, new Uint8Array(10).fill(9));
const SITE = "https://shop.example";

describe("[T5] a visitor's token", () => {
  test("gives back what it was made of, to those who hold the secret", async () => {
    const token = await createVisitorToken(SECRET, { conversationId: ID, sessionId: SESSION, generation: 3, origin: SITE });
    const read = await readVisitorToken(SECRET, token);
    expect([read?.conversationId, read?.sessionId, read?.generation]).toEqual([ID, SESSION, 3]);
    expect([await read?.isFor(SITE), await read?.isFor(null), await read?.isFor("https://evil.example")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(await readVisitorToken(`${SECRET}!`, token)).toBeNull();
  });

  test("of a client without an Origin is bound to none", async () => {
    const read = await readVisitorToken(
      SECRET,
      await createVisitorToken(SECRET, { conversationId: ID, sessionId: SESSION, generation: 1, origin: null }),
    );
    expect([await read?.isFor(null), await read?.isFor(SITE)]).toEqual([true, true]);
  });

  test("is safe as a subprotocol (RFC 9110 token) and short", async () => {
    const token = await createVisitorToken(SECRET, { conversationId: ID, sessionId: SESSION, generation: 1, origin: SITE });
    expect(token).toMatch(/^[\w.-]{1,200}$/);
  });

  test("changed in any one place is none", async () => {
    const token = await createVisitorToken(SECRET, { conversationId: ID, sessionId: SESSION, generation: 1, origin: SITE });
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: token.length - 1 }), fc.constantFrom("0", "a", "Z", ".", "-"), async (at, char) => {
        fc.pre(token[at] !== char);
        expect(await readVisitorToken(SECRET, token.slice(0, at) + char + token.slice(at + 1))).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  test("of the first version names no session: theirs is the one that began the conversation", async () => {
    const payload = `v1.${ID}.1.-`;
    const token = `${payload}.${toBase64Url(await hmacSha256(SECRET, "visitor-token", payload))}`;
    const read = await readVisitorToken(SECRET, token);
    expect([read?.conversationId, read?.sessionId, read?.generation, await read?.isFor(SITE)]).toEqual([ID, null, 1, true]);
  });

  test.each([`v1.${ID}.1`, `v1.${ID}.1.-.more`, `v2.${ID}.1.-`, `v2.${ID}.${SESSION}.1.-.more`, `v3.${ID}.${SESSION}.1.-`])(
    "%j, though signed, is none",
    async (payload) => {
      const signature = toBase64Url(await hmacSha256(SECRET, "visitor-token", payload));
      expect(await readVisitorToken(SECRET, `${payload}.${signature}`)).toBeNull();
    },
  );

  test.each(["", ".", "....", "v1", "v1.x.1.y.z", "v1.a.b.c.d.e", "v2.a.b.c.d.e", "💬"])("%j is none", async (token) => {
    expect(await readVisitorToken(SECRET, token)).toBeNull();
  });
});

const derive = async (change: Partial<Parameters<typeof deriveConversationId>[1]> = {}, secret = SECRET) =>
  deriveConversationId(secret, { purpose: "conversation", clientId: ID, at: 1_700_000_000_000, ...change });

describe("the conversation of a browser's first clientId", () => {
  test("is found again, has the clientId's time and nothing else of it", async () => {
    const id = await derive();
    expect(await derive()).toBe(id);
    expect(uuidV7Time(id)).toBe(1_700_000_000_000);
    expect(id.slice(14)).not.toBe(ID.slice(14));
  });

  test("is another for another secret, purpose or clientId", async () => {
    const ids = [
      await derive(),
      await derive({}, `${SECRET}!`),
      await derive({ purpose: "other" }),
      await derive({ clientId: "x" }),
    ];
    expect(new Set(ids).size).toBe(4);
  });
});
