import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assertMailboxFitsReplies,
  computeConversationKey,
  createForwardingAddress,
  createReplyAddress,
  MailboxNameTooLongError,
  parseReplyAddress,
  REPLY_MAILBOX_LOCAL_MAX,
  type ReplyKeys,
} from "../../../worker/email/reply-address.ts";
import { parseCampaign, splitSubaddress } from "../../../worker/email/subaddress.ts";

const keys: ReplyKeys = { current: { id: 3, secret: "present" }, older: [{ id: 2, secret: "past" }] };
const conversationKey = "00112233445566ff";

async function create(overrides: Partial<Parameters<typeof createReplyAddress>[0]> = {}) {
  return createReplyAddress({
    keys,
    kind: "contact",
    mailbox: "hello@shop.example",
    conversationKey,
    recipient: "ana@mail.example",
    ...overrides,
  });
}

describe("reply address", () => {
  it("is read back with its mailbox, conversation and person", async () => {
    const parsed = await parseReplyAddress({ keys, address: await create() });
    if (parsed.kind !== "token") throw new Error(parsed.kind);
    expect([parsed.mailbox, parsed.conversationKey, parsed.tokenKind]).toEqual([
      "hello@shop.example",
      conversationKey,
      "contact",
    ]);
    expect(await parsed.isFor("Ana@Mail.Example")).toBe(true);
    expect(await parsed.isFor("bob@mail.example")).toBe(false);
  });

  it("[E19] says what the mail was that it was sent with", async () => {
    for (const kind of ["contact", "agent-message", "agent-other", "forward", "form"] as const)
      expect(await parseReplyAddress({ keys, address: await create({ kind }) })).toMatchObject({
        kind: "token",
        tokenKind: kind,
      });
  });

  it("[E17] of the first version is read as sent to a contact", async () => {
    // As it was made with these keys when there were no kinds.
    const address = "hello+cmabcirtirkwn757bqmv5ncctrsp36hzhnuhgwy@shop.example";
    const parsed = await parseReplyAddress({ keys, address });
    if (parsed.kind !== "token") throw new Error(parsed.kind);
    expect([parsed.conversationKey, parsed.tokenKind]).toEqual([conversationKey, "contact"]);
    expect([await parsed.isFor("ana@mail.example"), await parsed.isFor("bob@mail.example")]).toEqual([true, false]);
  });

  it("of an agent's forwarding names the agent, and no conversation", async () => {
    const agentKey = "ffeeddccbbaa9988";
    const address = await createForwardingAddress({
      keys,
      mailbox: "hello@shop.example",
      agentKey,
      recipient: "olga@shop.example",
    });
    const parsed = await parseReplyAddress({ keys, address });
    if (parsed.kind !== "agent-forward") throw new Error(parsed.kind);
    expect([parsed.mailbox, parsed.agentKey]).toEqual(["hello@shop.example", agentKey]);
    expect([await parsed.isFor("olga@shop.example"), await parsed.isFor("ana@shop.example")]).toEqual([true, false]);
  });

  it("[E18] has a local part of exactly 64 octets for a mailbox name of 24", async () => {
    const mailbox = `${"a".repeat(24)}@shop.example`;
    const address = await create({ mailbox });
    expect(address.indexOf("@")).toBe(64);
    expect(address).toMatch(/^a{24}\+[a-z2-7]{39}@shop\.example$/);
    expect(REPLY_MAILBOX_LOCAL_MAX).toBe(24);
    expect((await parseReplyAddress({ keys, address })).kind).toBe("token");
  });

  it("refuses a longer mailbox name where the mailbox is made", async () => {
    const mailbox = `${"a".repeat(25)}@shop.example`;
    expect(() => assertMailboxFitsReplies(mailbox)).toThrow(MailboxNameTooLongError);
    await expect(create({ mailbox })).rejects.toThrow(MailboxNameTooLongError);
  });

  it("[E18] survives any change of case on its way", async () => {
    const address = await create();
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.boolean()), async (isUpper) => {
        const shouted = Array.from(address, (c) => (isUpper.next().value === true ? c.toUpperCase() : c)).join("");
        expect((await parseReplyAddress({ keys, address: shouted })).kind).toBe("token");
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it("[E19] is worthless with any one character changed", async () => {
    const address = await create();
    const start = address.indexOf("+") + 1;
    for (let index = start; index < address.indexOf("@"); index += 1) {
      const other = address[index] === "a" ? "b" : "a";
      const forged = address.slice(0, index) + other + address.slice(index + 1);
      expect(await parseReplyAddress({ keys, address: forged }), forged).toEqual({ kind: "bad" });
    }
  });

  it("[E19] does not move to another mailbox or domain", async () => {
    const address = await create();
    const moved = [address.replace("hello+", "sales+"), address.replace("shop.example", "other.example")];
    for (const address of moved) expect(await parseReplyAddress({ keys, address })).toEqual({ kind: "bad" });
    expect(await parseReplyAddress({ keys, mailbox: "sales@shop.example", address })).toEqual({ kind: "bad" });
  });

  it("[E17] is still read after the key was rotated, and not after it was thrown away", async () => {
    const old: ReplyKeys = { current: { id: 2, secret: "past" }, older: [] };
    const address = await create({ keys: old });
    expect((await parseReplyAddress({ keys, address })).kind).toBe("token");
    expect(await parseReplyAddress({ keys: { ...keys, older: [] }, address })).toEqual({ kind: "bad" });
    expect(await parseReplyAddress({ keys: { current: { id: 2, secret: "other" }, older: [] }, address })).toEqual({
      kind: "bad",
    });
  });

  it("is read by either of two keys that share an id", async () => {
    const old: ReplyKeys = { current: { id: 3, secret: "past" }, older: [] };
    const address = await create({ keys: old });
    const parsed = await parseReplyAddress({ keys: { ...keys, older: [old.current] }, address });
    if (parsed.kind !== "token") throw new Error(parsed.kind);
    expect(await parsed.isFor("ana@mail.example")).toBe(true);
  });

  it("is none where no token was meant", async () => {
    const addresses = ["hello@shop.example", "hello+campaign-spring@shop.example", "hello+@shop.example", "nonsense", ""];
    for (const address of addresses) expect(await parseReplyAddress({ keys, address })).toEqual({ kind: "none" });
  });

  it("[E21] is never accepted from random text", async () => {
    const detail = fc.stringMatching(/^[a-z2-7]{39}$/);
    await fc.assert(
      fc.asyncProperty(detail, async (detail) => {
        expect(await parseReplyAddress({ keys, address: `hello+${detail}@shop.example` })).toEqual({ kind: "bad" });
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it("works for a mailbox whose own name has a plus", async () => {
    const address = await create({ mailbox: "help+shop@shop.example" });
    expect(await parseReplyAddress({ keys, mailbox: "help+shop@shop.example", address })).toMatchObject({ kind: "token" });
  });
});

describe("conversation key", () => {
  it("is 16 hex characters, stable, and depends on secret and id", async () => {
    const key = await computeConversationKey("s", "c1");
    expect(key).toMatch(/^[0-9a-f]{16}$/);
    expect(await computeConversationKey("s", "c1")).toBe(key);
    expect(await computeConversationKey("s", "c2")).not.toBe(key);
    expect(await computeConversationKey("t", "c1")).not.toBe(key);
  });
});

describe("sub-addresses", () => {
  it("split at the last plus", () => {
    expect(splitSubaddress("Help+Shop+X@a.example")).toEqual({ base: "help+shop@a.example", detail: "x" });
    expect(splitSubaddress("help@a.example")).toEqual({ base: "help@a.example", detail: null });
    expect(splitSubaddress("+x@a.example")).toEqual({ base: "+x@a.example", detail: null });
  });

  it("[S13] name a campaign", () => {
    expect(parseCampaign("Hello+Campaign-Spring.2026@a.example")).toBe("spring.2026");
    expect(parseCampaign("hello+campaign-@a.example")).toBeNull();
    expect(parseCampaign("hello+other@a.example")).toBeNull();
    expect(parseCampaign("hello@a.example")).toBeNull();
  });
});
