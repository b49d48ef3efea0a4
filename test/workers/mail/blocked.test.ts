/** Blocked senders: their mail is kept aside, and their chats are closed. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { contactSchema, type Contact } from "../../../worker/domain/api-shapes.ts";
import { CLOSE_CODES } from "../../../durable-objects/conversation/protocol.ts";
import { FIRST_TOKEN_GENERATION } from "../../../durable-objects/conversation/sessions.ts";
import { isBlockedAddress } from "../../../worker/db/contacts.ts";
import { openDatabase } from "../../../worker/db/database.ts";
import { conversationStub } from "../../../worker/objects.ts";
import { signedFor } from "../support/authority.ts";
import { addAgent, freshDeployment, newId } from "../support/deployment.ts";
import { objectsAway } from "../support/faults.ts";
import { SITE, call, read, refused } from "../support/http.ts";
import { ledger, rawMail, receive } from "../support/inbound.ts";
import { ports } from "../support/ports.ts";
import { WAIT, visitorSocket } from "../support/socket.ts";
import { addressNoted, listContacts, listThreads, openThread, textsOf } from "../support/threads.ts";
import { beginChat, confirmedFor } from "../support/visitor.ts";

let key: string;

beforeEach(async () => {
  ports.reset();
  ({ key } = (await freshDeployment()).owner);
});

async function block(contact: Contact | undefined, isBlocked = true): Promise<Contact> {
  return read(contactSchema, { key }, `PATCH /api/contacts/${contact?.id}`, { body: { isBlocked } });
}

/** Somebody in the address book. */
async function known(email = "vera@example.test"): Promise<Contact> {
  return read(contactSchema, { key }, "POST /api/contacts", { body: { email }, status: 201 });
}

/** A chat whose visitor typed an address. */
async function typed(email: string) {
  const begun = await beginChat({ text: "Hello", contact: { email } });
  await addressNoted(begun.conversationId, email);
  return begun;
}

/** One whose visitor typed Vera's, who is known. */
async function chat() {
  const contact = await known();
  return { ...(await typed("vera@example.test")), contact };
}

/** What its first `clientId` is answered: 200, or 401 where its browser is sent away. */
async function admission({ clientId }: { clientId: string }): Promise<number> {
  const body = { clientId, text: "Hello" };
  return (await call(null, "POST /widget/conversations", { body, headers: { origin: SITE } })).status;
}

describe("[T20] a blocked person's addresses", () => {
  test("are known as theirs however they are written, until they are unblocked", async () => {
    const { contact } = await chat();
    const db = openDatabase(env.DB);
    const ask = () =>
      Promise.all(["vera@example.test", " Vera@Example.TEST ", "nora@example.test"].map((email) => isBlockedAddress(db, email)));
    expect(await ask()).toEqual([false, false, false]);
    await block(contact);
    expect(await ask()).toEqual([true, true, false]);
    await read(contactSchema, { key }, `PATCH /api/contacts/${contact?.id}`, { body: { email: "nora@example.test" } });
    expect(await ask()).toEqual([true, true, true]);
    await block(contact, false);
    expect(await ask()).toEqual([false, false, false]);
  });

  test("are their mailbox's, with whatever detail it is written on either side", async () => {
    const db = openDatabase(env.DB);
    const spellings = [
      "vera@example.test",
      "vera+2@example.test",
      "vera+1+2@example.test",
      "verab@example.test",
      "+1@example.test",
    ];
    const ask = () => Promise.all(spellings.map((email) => isBlockedAddress(db, email)));
    for (const email of ["vera@example.test", "vera+1@example.test"]) {
      const contact = await known(email);
      expect(await ask()).toEqual([false, false, false, false, false]);
      await block(contact);
      expect(await ask()).toEqual([true, true, true, false, false]);
      await block(contact, false);
    }
  });
});

describe("[M7] mail of a blocked contact", () => {
  test("is kept aside with its reason, let in by one click, and comes in again after unblocking", async () => {
    await receive(rawMail({ text: "first" }));
    const [contact] = await listContacts(key);
    expect(contact?.isBlocked).toBe(false);
    expect((await block(contact)).isBlocked).toBe(true);
    await receive(rawMail({ text: "second" }));
    const [kept] = await ledger(key);
    expect(kept).toMatchObject({ state: "filtered", verdict: "filtered:blocked", reason: "The sender is blocked." });
    // It waits for nobody.
    expect((await call({ key }, "GET /api/ledger/attention")).body).toEqual({ count: 0 });
    const [thread] = await listThreads(key, 1);
    expect(await textsOf(key, thread?.id)).toEqual(["first"]);

    const accepted = await call({ key }, `POST /api/ledger/${kept?.id}/accept`);
    expect(accepted.body).toMatchObject({ state: "applied", verdict: "contact", conversationId: thread?.id });
    // One mail was let in; the sender is as blocked as before.
    await receive(rawMail({ text: "third" }));
    expect((await ledger(key))[0]?.verdict).toBe("filtered:blocked");
    expect((await block(contact, false)).isBlocked).toBe(false);
    await receive(rawMail({ text: "fourth" }));
    expect(await textsOf(key, thread?.id)).toEqual(["first", "second", "fourth"]);
  });

  test("from any of their addresses, also as an answer to the signed address", async () => {
    await receive(rawMail({ text: "first" }));
    const [contact] = await listContacts(key);
    await call({ key }, `PATCH /api/contacts/${contact?.id}`, { body: { email: "vera@home.test" } });
    await block(contact);
    await receive(rawMail({ from: "Vera <vera@home.test>" }));
    await receive(rawMail({ headers: ["In-Reply-To: <mail-1@example.test>"] }));
    expect((await ledger(key)).map(({ verdict }) => verdict)).toEqual(["filtered:blocked", "filtered:blocked", "new"]);
  });

  test("with whatever detail they write their address", async () => {
    await receive(rawMail({ from: "Vera <vera@example.test>" }));
    await block((await listContacts(key))[0]);
    for (const from of ["vera+again@example.test", "Vera+B+c@example.test", "vera2@example.test"])
      await receive(rawMail({ from, messageId: `${from}-1` }), { from });
    expect((await ledger(key)).map(({ verdict }) => verdict)).toEqual(["new", "filtered:blocked", "filtered:blocked", "new"]);
    const begun = await beginChat({ text: "Me again", contact: { email: "vera+chat@example.test" } });
    await vi.waitFor(async () => expect(await admission(begun)).toBe(401), WAIT);
  });

  test("agents may block, viewers may not", async () => {
    await receive(rawMail());
    const [contact] = await listContacts(key);
    const viewer = await addAgent("viewer");
    await refused({ key: viewer.key }, `PATCH /api/contacts/${contact?.id}`, [403, "not_allowed"], { body: { isBlocked: true } });
    const agent = await addAgent("agent");
    expect((await call({ key: agent.key }, `PATCH /api/contacts/${contact?.id}`, { body: { isBlocked: true } })).status).toBe(
      200,
    );
  });
});

describe("[T5] [P12] the chat of a blocked contact", () => {
  test("is closed at once, and its token is refused everywhere", async () => {
    const { contact, token, conversationId } = await chat();
    const socket = await visitorSocket(token, { headers: { origin: SITE } });
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    await block(contact);
    expect((await socket.end()).code).toBe(CLOSE_CODES.notAllowed);
    const again = await visitorSocket(token, { headers: { origin: SITE } });
    expect((await again.end()).code).toBe(CLOSE_CODES.notAllowed);
    const body = { email: "other@example.test" };
    await refused({ token }, "POST /widget/contact", [401, "not_signed_in"], { body });
    const { conversation, messages } = await openThread(key, conversationId);
    expect([conversation.isVisitorOnline, messages.length]).toEqual([false, 1]);
  });

  test("gives no fresh token for its first clientId; unblocking lets it in again", async () => {
    const { contact, clientId, token } = await chat();
    expect(await admission({ clientId })).toBe(200);
    await block(contact);
    expect(await admission({ clientId })).toBe(401);
    await refused({ token }, "POST /widget/contact", [401, "not_signed_in"], { body: { email: "x@example.test" } });
    // Whoever comes anew is a new visitor.
    await beginChat({ clientId: newId() });
    await block(contact, false);
    expect(await admission({ clientId })).toBe(200);
    expect((await call({ token }, "POST /widget/contact", { body: { email: "vera@example.test" } })).status).toBe(204);
  });

  test("is closed in all in which one of their addresses was typed, and in nobody else's", async () => {
    const first = await chat();
    const second = await typed("vera@example.test");
    const other = await typed("nora@example.test");
    await block(first.contact);
    expect(await Promise.all([first, second, other].map(admission))).toEqual([401, 401, 200]);
    await block(first.contact, false);
    expect(await Promise.all([first, second, other].map(admission))).toEqual([200, 200, 200]);
  });

  test("is closed with all in which their mailbox was typed with another detail, and stays closed for whoever else it is", async () => {
    const contact = await known("vera+1@example.test");
    const begun = await Promise.all(["vera@example.test", "vera+2@example.test", "verab@example.test"].map(typed));
    const admissions = () => Promise.all(begun.map(admission));
    await block(contact);
    expect(await admissions()).toEqual([401, 401, 200]);
    // Another one of the same mailbox, who stays blocked when the first is not any more.
    const other = await known("vera+3@example.test");
    await block(other);
    await block(contact, false);
    expect(await admissions()).toEqual([401, 401, 200]);
    await block(other, false);
    expect(await admissions()).toEqual([200, 200, 200]);
  });

  test("is closed when the address of somebody who is blocked is typed in it: they come back with no other one", async () => {
    await block(await known());
    const begun = await beginChat({ text: "Me again" });
    const socket = await visitorSocket(begun.token, { headers: { origin: SITE } });
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    await call({ token: begun.token }, "POST /widget/contact", { body: { email: "vera@example.test" } });
    expect((await socket.end()).code).toBe(CLOSE_CODES.notAllowed);
    expect(await admission(begun)).toBe(401);
  });

  test("[B3] of who has shown whose they are: they stay that person to agents, who can find and unblock them", async () => {
    const { contact, token, conversationId: id } = await chat();
    const email = "vera@example.test";
    const confirmed = await confirmedFor(token, email);
    const status = async () => (await call({ token: confirmed }, "POST /widget/contact", { body: { email } })).status;
    const address = async () => (await openThread(key, id)).conversation.address;
    await vi.waitFor(async () => expect(await address()).toEqual({ email, level: "confirmed", claimed: null }), WAIT);
    await block(contact);
    expect([await status(), await address()]).toEqual([401, { email, level: "typed", claimed: null, wasShown: true }]);
    await block(contact, false);
    expect([await status(), await address()]).toEqual([204, { email, level: "confirmed", claimed: null }]);
  });

  test("is closed when such an address is only claimed in it, since another one is held", async () => {
    await block(await known());
    const begun = await typed("nora@example.test");
    await receive(rawMail({ from: "Nora <nora@example.test>" }), {
      from: "nora@example.test",
      to: await signedFor("contact", "nora@example.test", begun.conversationId),
    });
    await call({ token: begun.token }, "POST /widget/contact", { body: { email: "vera@example.test" } });
    await vi.waitFor(async () => expect(await admission(begun)).toBe(401), WAIT);
  });

  test("[P12] of a browser that an agent has shut out stays closed when its contact is unblocked", async () => {
    const { contact, clientId, conversationId } = await chat();
    const byHand = (isBlocked: boolean) =>
      call({ key }, `POST /api/conversations/${conversationId}/block`, { body: { isBlocked } });
    const shown = async () => {
      const { isVisitorBlocked = false, isSentAway = false } = (await openThread(key, conversationId)).conversation;
      return { isVisitorBlocked, isSentAway };
    };
    await byHand(true);
    expect([await admission({ clientId }), await shown()]).toEqual([401, { isVisitorBlocked: true, isSentAway: true }]);
    await block(contact);
    await block(contact, false);
    expect([await admission({ clientId }), await shown()]).toEqual([401, { isVisitorBlocked: true, isSentAway: true }]);
    await block(contact);
    await byHand(false);
    expect([await admission({ clientId }), await shown()]).toEqual([401, { isVisitorBlocked: false, isSentAway: true }]);
    await block(contact, false);
    expect([await admission({ clientId }), await shown()]).toEqual([200, { isVisitorBlocked: false, isSentAway: false }]);
  });

  test("[P12] that is two blocked people's opens when the last of them is unblocked", async () => {
    const { contact: vera, ...begun } = await chat();
    const nora = await known("nora@example.test");
    await call({ token: begun.token }, "POST /widget/contact", { body: { email: "nora@example.test" } });
    await addressNoted(begun.conversationId, "nora@example.test");
    const other = await typed("vera@example.test");
    await block(vera);
    await block(nora);
    await block(vera, false);
    expect(await Promise.all([begun, other].map(admission))).toEqual([401, 200]);
    await block(nora, false);
    expect(await admission(begun)).toBe(200);
  });

  test("takes nothing in that was on its way when it was closed", async () => {
    const { token, conversationId } = await chat();
    const stub = conversationStub(env, conversationId);
    const socket = await visitorSocket(token, { headers: { origin: SITE } });
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    // As it is where the socket has outlived its closing.
    await runInDurableObject(stub, (_, state) => {
      for (const open of state.getWebSockets("visitor"))
        open.serializeAttachment({ ...open.deserializeAttachment(), tokenGeneration: FIRST_TOKEN_GENERATION - 1 });
    });
    await evictDurableObject(stub, { webSockets: "hibernate" });
    socket.send({ type: "send", clientId: newId(), text: "too late" });
    expect((await socket.end()).code).toBe(CLOSE_CODES.notAllowed);
    expect(await textsOf(key, conversationId)).toEqual(["Hello"]);
  });

  test("[T5] takes nothing in whose files were looked up while it was closed", async () => {
    const { conversationId, token } = await chat();
    let isLookedUp = false;
    ports.conversation = {
      claimAttachments: async () => {
        await conversationStub(env, conversationId).setBlocked(true);
        isLookedUp = true;
        return [];
      },
    };
    const socket = await visitorSocket(token, { headers: { origin: SITE } });
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    socket.send({ type: "send", clientId: newId(), text: "too late", attachmentIds: [newId()] });
    expect((await socket.end()).code).toBe(CLOSE_CODES.notAllowed);
    await vi.waitFor(() => expect(isLookedUp).toBe(true), WAIT);
    expect(await textsOf(key, conversationId)).toEqual(["Hello"]);
  });

  test("[T10] is all that is asked: conversations by mail, however many, have nobody to be sent away", async () => {
    await receive(rawMail());
    await listThreads(key, 1);
    const [contact] = await listContacts(key);
    const answer = await call({ key }, `PATCH /api/contacts/${contact?.id}`, {
      body: { isBlocked: true },
      bindings: { CONVERSATION: objectsAway("CONVERSATION") },
    });
    expect(answer).toMatchObject({ status: 200, body: { isBlocked: true } });
  });

  test("that cannot be reached is said so, and closed by blocking again", async () => {
    const { contact, clientId } = await chat();
    await refused({ key }, `PATCH /api/contacts/${contact?.id}`, [503, "unavailable"], {
      body: { isBlocked: true },
      bindings: { CONVERSATION: objectsAway("CONVERSATION") },
    });
    expect(await admission({ clientId })).toBe(200);
    expect((await listContacts(key))[0]?.isBlocked).toBe(true);
    await block(contact);
    expect(await admission({ clientId })).toBe(401);
  });
});
