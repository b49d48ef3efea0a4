import { beforeEach, describe, expect, test } from "vitest";
import { conversationCreatedSchema, pageOf, undeliverableAddressSchema } from "../../../worker/domain/api-shapes.ts";
import { TRUSTED, passed } from "../support/authority.ts";
import { MAILBOX, addAgent, freshDeployment, newId } from "../support/deployment.ts";
import { SITE, call, read, refused } from "../support/http.ts";
import { ledger, rawMail, receive } from "../support/inbound.ts";
import { failure, takeMail, type Outbound } from "../support/outbound.ts";
import { visitorSocket } from "../support/socket.ts";
import { bounceMail } from "../support/reports.ts";
import { deliveredAs, listContacts, listThreads, openThread, reply, textsOf } from "../support/threads.ts";
import { beginChat, confirmedFor } from "../support/visitor.ts";

const VERA = "vera@example.test";
const LEO = "leo@example.test";
const BOSS = "boss@example.test";

let key: string;
let outbound: Outbound;

beforeEach(async () => {
  ({ key } = (await freshDeployment({ mail: TRUSTED })).owner);
  outbound = takeMail();
});

/** A thread that began by Vera's mail. */
async function thread(mail: Parameters<typeof rawMail>[0] = {}): Promise<string> {
  await receive(rawMail(mail));
  return (await listThreads(key, 1))[0]?.id ?? "";
}

const undeliverable = async (emails: string) =>
  (
    await read(
      pageOf(undeliverableAddressSchema),
      { key },
      `GET /api/undeliverable-addresses?emails=${encodeURIComponent(emails)}`,
    )
  ).items;

/** Mail to these is held back by the platform, which names them. */
function holdBack(...addresses: string[]): Outbound {
  return takeMail(async (mail) => {
    const everyone = JSON.stringify([mail.to, mail.cc, mail.bcc]);
    const named = addresses.filter((address) => everyone.includes(address));
    if (named.length > 0)
      throw Object.assign(failure("E_RECIPIENT_SUPPRESSED"), { message: `${named.join(", ")} is suppressed` });
    return { messageId: "<sent@cloudflare.test>" };
  });
}

describe("Cc and Bcc of a reply", () => {
  test("are in the mail, in the message and in its delivery", async () => {
    const id = await thread();
    const message = await reply(key, id, { cc: [LEO.toUpperCase(), VERA], bcc: [BOSS] });
    expect([message.cc, message.bcc]).toEqual([[LEO], [BOSS]]);
    expect(await outbound.nth(1)).toMatchObject({ to: [{ email: VERA, name: "Vera" }], cc: [LEO], bcc: [BOSS] });
    expect(await deliveredAs(key, id, { seq: message.seq, state: "sent" })).toEqual({ state: "sent", to: [VERA, LEO, BOSS] });
    const { bcc: _hidden, ...rest } = await outbound.nth(1);
    expect(JSON.stringify(rest)).not.toContain(BOSS);
  });

  test("of a conversation that the team begins", async () => {
    const body = { clientId: newId(), to: { email: VERA }, cc: [LEO], bcc: [BOSS], subject: "Your order", text: "It left." };
    const made = await read(conversationCreatedSchema, { key }, "POST /api/conversations", { body, status: 201 });
    expect(made.message).toMatchObject({ cc: [LEO], bcc: [BOSS] });
    expect(await outbound.nth(1)).toMatchObject({ to: [VERA], cc: [LEO], bcc: [BOSS] });
    const again = { ...body, clientId: newId(), cc: [MAILBOX] };
    await refused({ key }, "POST /api/conversations", [422, "bad_copies"], { body: again });
  });

  test.each([
    ["by chat", { channel: "chat", cc: [LEO] }, "bad_copies"],
    ["in a note", { channel: "note", bcc: [LEO] }, "bad_copies"],
    ["to a mailbox of ours", { channel: "email", cc: [MAILBOX] }, "bad_copies"],
    ["to a sub-address of ours", { channel: "email", bcc: ["hello+abc@acme.test"] }, "bad_copies"],
    ["to 51", { channel: "email", cc: Array.from({ length: 50 }, (_, n) => `p${n}@example.test`) }, "bad_copies"],
    ["to no address", { channel: "email", cc: ["leo at example"] }, "invalid"],
    ["[T15] with a line break", { channel: "email", cc: ["leo@example.test\r\nBcc: eve@example.test"] }, "invalid"],
  ])("%s are refused, and nothing is stored or sent", async (_, over, code) => {
    const id = await thread();
    const body = { clientId: newId(), text: "Hello", ...over };
    await refused({ key }, `POST /api/conversations/${id}/messages`, [422, code], { body });
    expect(await textsOf(key, id)).toHaveLength(1);
    expect(outbound.mails).toEqual([]);
  });
});

describe("answers of people in copy", () => {
  async function sent(copies: { cc?: string[]; bcc?: string[] }) {
    const id = await thread();
    const { seq } = await reply(key, id, copies);
    await deliveredAs(key, id, { seq, state: "sent" });
    return { id, replyTo: outbound.mails[0]?.replyTo ?? "" };
  }

  test.each([
    ["[M10] in Cc", { cc: [LEO] }],
    ["[M10] in Bcc", { bcc: [LEO] }],
  ])("%s: to the signed address they join the thread as one who belongs to it", async (_, copies) => {
    const { id, replyTo } = await sent(copies);
    await receive(rawMail({ from: `Leo <${LEO}>`, text: "From Leo" }), { from: LEO, to: replyTo });
    expect((await ledger(key))[0]).toMatchObject({ verdict: "token", conversationId: id });
    expect((await openThread(key, id)).messages.at(-1)).toMatchObject({ text: "From Leo", mail: { isParticipant: true } });
    // They are no contact of it: the next reply goes to Vera as before.
    await reply(key, id);
    expect((await outbound.nth(2)).to).toEqual([{ email: VERA, name: "Vera" }]);
  });

  test("[M12] in Cc: without the signed address their answer is known by the mail's id", async () => {
    const { id } = await sent({ cc: [LEO] });
    const headers = ["In-Reply-To: <sent-1@cloudflare.test>"];
    await receive(rawMail({ from: LEO, headers }), { from: LEO });
    expect((await ledger(key))[0]).toMatchObject({ verdict: "reference", conversationId: id });
  });

  test("[M9] a colleague in copy answers as what they are: a note", async () => {
    const { agent } = await addAgent("agent");
    const { id, replyTo } = await sent({ cc: [agent.email] });
    const mail = { from: agent.email, text: "I will call them", headers: [passed()] };
    await receive(rawMail(mail), { from: agent.email, to: replyTo });
    expect((await ledger(key))[0]).toMatchObject({ verdict: "note", conversationId: id });
    expect((await openThread(key, id)).messages.at(-1)).toMatchObject({
      channel: "note",
      author: { kind: "agent", id: agent.id },
    });
  });

  test("[M11] a stranger with that address is a new person as before", async () => {
    const { replyTo } = await sent({ cc: [LEO] });
    await receive(rawMail({ from: "eve@example.test" }), { from: "eve@example.test", to: replyTo });
    expect((await ledger(key))[0]).toMatchObject({ verdict: "token:new-person" });
  });

  test("[T2] a visitor sees neither the copies nor the answers", async () => {
    const { conversationId: id, token } = await beginChat({ text: "Hi", contact: { email: VERA, name: "Vera" } });
    const { seq } = await reply(key, id, { cc: [LEO], bcc: [BOSS] });
    await deliveredAs(key, id, { seq, state: "sent" });
    await receive(rawMail({ from: LEO, text: "Not for the widget" }), { from: LEO, to: outbound.mails[0]?.replyTo ?? "" });
    const heard = async (by: string) => {
      const socket = await visitorSocket(by, { headers: { origin: SITE } });
      socket.send({ type: "hello", lastSeq: 0 });
      await socket.next("welcome");
      return JSON.stringify(socket.frames);
    };
    // Nor, before they have shown that the address is theirs, what was mailed to it (A16).
    expect(await heard(token)).not.toContain("Our answer.");
    const confirmed = await heard(await confirmedFor(token, VERA));
    expect(confirmed).toContain("Our answer.");
    for (const secret of [LEO, BOSS, "Not for the widget"]) expect(confirmed).not.toContain(secret);
  });
});

describe("the other people of an inbound mail", () => {
  test("are named to agents, without us and its author", async () => {
    const id = await thread({ to: `${MAILBOX}, Leo <${LEO}>`, cc: `boss@example.test, sales@acme.test, ${VERA}` });
    expect((await openThread(key, id)).messages[0]?.mail?.others).toEqual([{ address: LEO, name: "Leo" }, { address: BOSS }]);
  });
});

describe("one refused recipient", () => {
  test("[E33] does not stop the others; it is named, marked, and tried again alone by hand", async () => {
    outbound = holdBack(LEO);
    const id = await thread();
    const { seq } = await reply(key, id, { cc: [LEO], bcc: [BOSS] });
    const reason = "Cloudflare holds mail to this address back, because it bounced or reported earlier mail as spam.";
    expect(await deliveredAs(key, id, { seq, state: "sent" })).toEqual({
      state: "sent",
      to: [VERA, BOSS],
      refused: [{ address: LEO, reason }],
    });
    // Also where nobody knows him as a contact.
    expect(await undeliverable(`${LEO},${VERA}`)).toMatchObject([{ email: LEO, cause: "bounce", reason }]);

    outbound = takeMail();
    expect((await call({ key }, `POST /api/conversations/${id}/messages/${seq}/email`)).status).toBe(202);
    expect(await outbound.nth(1)).toMatchObject({ to: [LEO] });
    await expect
      .poll(async () => (await openThread(key, id)).messages.at(-1)?.delivery)
      .toEqual({ state: "sent", to: [VERA, BOSS, LEO] });
    expect(outbound.mails).toHaveLength(1);
    // It was taken: the mark is gone.
    expect(await undeliverable(LEO)).toEqual([]);
  });

  test("an address that is known to be undeliverable is not written to without an agent's say", async () => {
    outbound = holdBack(VERA);
    const id = await thread();
    const first = await reply(key, id);
    await deliveredAs(key, id, { seq: first.seq, state: "failed" });
    expect(await listContacts(key)).toMatchObject([{ addresses: [{ email: VERA, isUndeliverable: true }] }]);

    outbound = takeMail();
    const second = await reply(key, id, { cc: [LEO] });
    const held = "Earlier mail to this address came back. Send it again to try nevertheless.";
    expect(await deliveredAs(key, id, { seq: second.seq, state: "sent" })).toEqual({
      state: "sent",
      to: [LEO],
      refused: [{ address: VERA, reason: held }],
    });
    const third = await reply(key, id);
    expect(await deliveredAs(key, id, { seq: third.seq, state: "failed" })).toEqual({
      state: "failed",
      to: [VERA],
      reason: held,
    });
    expect(outbound.mails).toHaveLength(1);
    // The agent insists.
    expect((await call({ key }, `POST /api/conversations/${id}/messages/${third.seq}/email`)).status).toBe(202);
    await deliveredAs(key, id, { seq: third.seq, state: "sent" });
    expect(await undeliverable(VERA)).toEqual([]);
  });
});

/** About one of the recipients of the mail with this id. */
const bounceOf = (recipient: string, original: string) => bounceMail({ recipient, original: [`Message-ID: <${original}>`] });

describe("[M5] a bounce of a mail to several", () => {
  test("is about whom it names, and fails the mail only when nobody is left", async () => {
    const id = await thread();
    const { seq } = await reply(key, id, { cc: [LEO] });
    await deliveredAs(key, id, { seq, state: "sent" });
    await receive(bounceOf(LEO, "sent-1@cloudflare.test"), { from: "" });
    const reason = "This address does not exist. It said: 5.1.1 No such user";
    const one = { state: "sent", to: [VERA], refused: [{ address: LEO, reason }] };
    await expect.poll(async () => (await openThread(key, id)).messages.at(-1)?.delivery).toEqual(one);
    expect(await undeliverable(`${LEO},${VERA}`)).toMatchObject([{ email: LEO, cause: "bounce" }]);
    await receive(bounceOf(VERA, "sent-1@cloudflare.test"), { from: "" });
    expect(await deliveredAs(key, id, { seq, state: "failed" })).toMatchObject({
      reason,
      refused: [{ address: LEO }, { address: VERA }],
    });
  });

  test("that names nobody of them marks nobody and says so", async () => {
    const id = await thread();
    const { seq } = await reply(key, id, { cc: [LEO] });
    await deliveredAs(key, id, { seq, state: "sent" });
    await receive(bounceOf("forwarded@elsewhere.test", "sent-1@cloudflare.test"), { from: "" });
    expect((await ledger(key))[0]).toMatchObject({ verdict: "bounce", conversationId: id });
    expect(await deliveredAs(key, id, { seq, state: "sent" })).toEqual({
      state: "sent",
      to: [VERA, LEO],
      reason: "This address does not exist. It said: 5.1.1 No such user",
    });
    expect(await undeliverable(`${LEO},${VERA}`)).toEqual([]);
  });
});
