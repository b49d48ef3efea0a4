/** Reports that anyone could have sent: whoever holds an address of a conversation, or knows an id of it, stops nobody's mail. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { addAgent, freshDeployment } from "../support/deployment.ts";
import { signedFor } from "../support/authority.ts";
import { askCode } from "../support/codes.ts";
import { call } from "../support/http.ts";
import { ledger, rawMail, receive } from "../support/inbound.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";
import { bounceMail, reportMail } from "../support/reports.ts";
import { WAIT } from "../support/socket.ts";
import { count, deliveredAs, listThreads, openThread, reply } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

const [VERA, EVIL] = ["vera@example.test", "evil@example.test"];
const CLAIM = "An unverified report says: This address does not exist. It said: 5.1.1 No such user";

let key: string;
let outbound: Outbound;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
  outbound = takeMail();
});

const bounceOf = (recipient: string, original?: string[]) =>
  bounceMail({ recipient, ...(original !== undefined && { original }) });
const complaintOf = (recipient: string, original?: string[]) =>
  reportMail({
    type: "feedback-report",
    fields: ["Feedback-Type: abuse", `Original-Rcpt-To: ${recipient}`],
    ...(original !== undefined && { original }),
  });
const receiptOf = (recipient: string) =>
  reportMail({
    type: "disposition-notification",
    fields: [`Final-Recipient: rfc822; ${recipient}`, "Disposition: manual-action/MDN-sent-manually; displayed"],
  });

async function take(raw: string, to?: string) {
  expect(await receive(raw, { from: "", ...(to !== undefined && { to }) })).toBeNull();
  return (await ledger(key))[0];
}

const deliveryOf = async (id: string, seq: number) =>
  (await openThread(key, id)).messages.find((message) => message.seq === seq)?.delivery;
const marked = async () => count("undeliverable_addresses");

async function mail(id: string): Promise<number> {
  const { seq } = await reply(key, id);
  await deliveredAs(key, id, { seq, state: "sent" });
  return seq;
}

let attacks = 0;

/** A stranger has an address of the conversation, from the mail with their code; then a reply leaves for Vera. */
async function attacked() {
  attacks += 1;
  // An address is mailed one code a minute.
  const { conversationId: id, token } = await beginChat({ contact: { email: `evil-${attacks}@example.test` } });
  expect((await askCode(token)).status).toBe(202);
  const held = (await outbound.nth(1)).replyTo ?? "";
  const type = async (email: string) => call({ token }, "POST /widget/contact", { body: { email } });
  await type(VERA);
  await vi.waitFor(async () => expect((await openThread(key, id)).conversation.address?.email).toBe(VERA), WAIT);
  const seq = await mail(id);
  expect((await outbound.nth(2)).to).toEqual([VERA]);
  return { id, seq, held, type };
}

describe("[T2] [T20] [O6] a forged report", () => {
  test("a bounce to an address that was signed for somebody else marks nobody, and lets nobody take Vera's place", async () => {
    const { id, seq, held, type } = await attacked();
    expect(await take(bounceOf(VERA), held)).toMatchObject({ state: "filtered", verdict: "filtered:bounce" });
    // Nor where it stands in the headers of the mail that is said to have come back.
    expect(await take(bounceOf(VERA, [`Reply-To: <${held}>`]))).toMatchObject({ verdict: "filtered:bounce" });
    expect(await deliveryOf(id, seq)).toEqual({ state: "sent", to: [VERA] });
    expect(await marked()).toBe(0);
    await type(EVIL);
    await vi.waitFor(
      async () => expect((await openThread(key, id)).conversation.address).toMatchObject({ email: VERA, claimed: EVIL }),
      WAIT,
    );
    // Her mails go on.
    await mail(id);
    expect((await outbound.nth(3)).to).toEqual([VERA]);
  });

  test("a complaint or a receipt to it neither", async () => {
    const { id, seq, held } = await attacked();
    expect(await take(complaintOf(VERA), held)).toMatchObject({ verdict: "event", conversationId: null });
    expect(await take(receiptOf(VERA), held)).toMatchObject({ verdict: "event", conversationId: null });
    expect(await deliveryOf(id, seq)).toEqual({ state: "sent", to: [VERA] });
    expect(await marked()).toBe(0);
  });

  test("one that names the message's id, as mails were called once, is noted as a claim and marks nobody", async () => {
    const { id, seq } = await attacked();
    const message = (await openThread(key, id)).messages.find((each) => each.seq === seq);
    const old = `${message?.id}@acme.test`;
    // As it was stored by an earlier version.
    await env.DB.prepare("UPDATE mail_ids SET message_id = ? WHERE conversation_id = ?").bind(old, id).run();
    const original = [`Message-ID: <${old}>`];
    expect(await take(bounceOf(VERA, original))).toMatchObject({ state: "applied", verdict: "bounce", conversationId: id });
    const noted = { state: "sent", to: [VERA], reason: CLAIM };
    expect(await deliveryOf(id, seq)).toEqual(noted);
    await take(complaintOf(VERA, original));
    // The first claim stays; a second is no news.
    expect(await deliveryOf(id, seq)).toEqual(noted);
    expect(await marked()).toBe(0);
    // [A15] What really comes back has the address that was signed for her in its headers.
    await take(bounceOf(VERA, [...original, `Reply-To: <${outbound.mails[1]?.replyTo}>`]));
    await deliveredAs(key, id, { seq, state: "failed" });
    expect(await marked()).toBe(1);
  });

  test("one that names a mail which came in, or an agent's notification, is about no mail of ours", async () => {
    await receive(rawMail({ messageId: "theirs@example.test" }));
    const id = (await listThreads(key, 1))[0]?.id ?? "";
    const seq = await mail(id);
    const { agent } = await addAgent("agent");
    const told = await signedFor("agent-message", agent.email, id);
    const outside = await signedFor("forward", "friend@example.test", id);
    for (const raw of [bounceOf(VERA, ["Message-ID: <theirs@example.test>"]), bounceOf(VERA, [`Reply-To: <${told}>`])])
      expect(await take(raw)).toMatchObject({ verdict: "filtered:bounce" });
    expect(await take(bounceOf(VERA), outside)).toMatchObject({ verdict: "filtered:bounce" });
    expect(await deliveryOf(id, seq)).toEqual({ state: "sent", to: [VERA] });
    expect(await marked()).toBe(0);
  });

  test("[T3] an id that a later mail has told to somebody else shows nothing; the address signed for its reader does", async () => {
    await receive(rawMail());
    const id = (await listThreads(key, 1))[0]?.id ?? "";
    const seq = await mail(id);
    expect((await call({ key }, `POST /api/conversations/${id}/address`, { body: { email: EVIL } })).status).toBe(204);
    await mail(id);
    // He has her mail's id from the thread that his own answers.
    expect(await outbound.nth(2)).toMatchObject({ to: [EVIL], headers: { References: expect.stringContaining("sent-1@") } });
    const original = ["Message-ID: <sent-1@cloudflare.test>"];
    await take(bounceOf(VERA, original));
    expect(await deliveryOf(id, seq)).toEqual({ state: "sent", to: [VERA], reason: CLAIM });
    await take(bounceOf(VERA, [...original, `Reply-To: <${outbound.mails[1]?.replyTo}>`]));
    expect(await marked()).toBe(0);
    await take(bounceOf(VERA, [...original, `Reply-To: <${outbound.mails[0]?.replyTo}>`]));
    await deliveredAs(key, id, { seq, state: "failed" });
    expect(await marked()).toBe(1);
  });
});

test("[O6] a bounce that names no mail is about the newest that went to whom its address was signed for", async () => {
  const { id, seq } = await attacked();
  const signed = (await outbound.nth(2)).replyTo ?? "";
  expect((await call({ key }, `POST /api/conversations/${id}/address`, { body: { email: EVIL } })).status).toBe(204);
  const later = await mail(id);
  await take(bounceOf("forwarded@elsewhere.test"), signed);
  await deliveredAs(key, id, { seq, state: "failed" });
  expect(await deliveryOf(id, later)).toEqual({ state: "sent", to: [EVIL] });
  expect(await env.DB.prepare("SELECT email FROM undeliverable_addresses").first("email")).toBe(VERA);
});
