import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { invitedAgentSchema, listedAgentSchema } from "../../../worker/domain/account-shapes.ts";
import { apiKeyCreatedSchema, apiKeySchema, pageOf } from "../../../worker/domain/api-shapes.ts";
import { forwardingAddressSchema } from "../../../worker/domain/sender-shapes.ts";
import { handleCron } from "../../../worker/cron.ts";
import { conversationStub } from "../../../worker/objects.ts";
import { JSON_FROM_US, PASSWORD, addPerson, trySignIn, type Person } from "../support/accounts.ts";
import { forwardOf } from "../support/authority.ts";
import { lookAgain } from "../support/conversation.ts";
import { MAILBOX, addKey, addSession, freshDeployment, newId, type KeyedAgent } from "../support/deployment.ts";
import { call, read, refused } from "../support/http.ts";
import { ledger, rawMail, receive } from "../support/inbound.ts";
import { takeMail } from "../support/outbound.ts";
import { WAIT, agentSocket, inboxSocket } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

let owner: KeyedAgent;
let mailboxId: string;
/** The owner's browser. */
let cookie: string;
let ana: Person;

beforeEach(async () => {
  const deployment = await freshDeployment();
  owner = deployment.owner;
  mailboxId = deployment.mailboxes[MAILBOX] ?? "";
  cookie = await addSession(owner.agent.id);
  takeMail();
  ana = await addPerson();
});

const remove = (id = ana.agent.id) => call({ cookie }, `DELETE /api/agents/${id}`);
const assign = (conversationId: string, agentId: string) =>
  call({ cookie }, `POST /api/conversations/${conversationId}/assign`, { body: { agentId } });
const assigneeOf = async (id: string) => (await conversationStub(env, id).item())?.assigneeId;

describe("[T22] an agent who is removed", () => {
  test("is out everywhere at once: sessions, keys, password and sockets", async () => {
    const [session, key] = [await addSession(ana.agent.id), await addKey(ana.agent.id, "agent")];
    const { conversationId: id } = await beginChat();
    const [list, conversation] = [await inboxSocket({ cookie: session }), await agentSocket({ key }, id)];
    list.send({ type: "hello" });
    conversation.send({ type: "hello", lastSeq: 0 });
    await Promise.all([list.next("welcome"), conversation.next("welcome")]);
    expect((await remove()).status).toBe(204);
    expect(await list.end()).toMatchObject({ code: 4001 });
    await lookAgain(conversationStub(env, id));
    expect(await conversation.end()).toMatchObject({ code: 4001 });
    for (const caller of [{ cookie: session }, { key }, { key: ana.key }])
      await refused(caller, "GET /api/me", [401, "not_signed_in"]);
    expect((await trySignIn(ana)).body).toMatchObject({ status: 401, code: "wrong_sign_in" });
    for (const table of ["sessions", "accounts"])
      expect(await env.DB.prepare(`SELECT COUNT(*) AS n FROM ${table} WHERE user_id = ?`).bind(ana.agent.id).first("n")).toBe(0);
    expect(await env.DB.prepare("SELECT COUNT(*) AS n FROM api_keys WHERE created_by = ?").bind(ana.agent.id).first("n")).toBe(0);
  });

  test("is on no list, and can be neither changed, assigned nor removed again", async () => {
    await remove();
    const { items } = await read(pageOf(listedAgentSchema), { cookie }, "GET /api/agents");
    expect(items).toEqual([owner.agent]);
    const { conversationId: id } = await beginChat();
    await refused({ cookie }, `POST /api/conversations/${id}/assign`, [422, "invalid"], { body: { agentId: ana.agent.id } });
    await refused({ cookie }, `PATCH /api/agents/${ana.agent.id}`, [404, "not_found"], { body: { role: "agent" } });
    await refused({ cookie }, `POST /api/agents/${ana.agent.id}/invitation`, [404, "not_found"]);
    await refused({ cookie }, `DELETE /api/agents/${ana.agent.id}`, [404, "not_found"]);
  });

  test("leaves their open conversations to nobody, by the one who removed them; their name stays on what they wrote", async () => {
    const [open, complete] = [await beginChat(), await beginChat()];
    for (const { conversationId } of [open, complete]) {
      const body = { clientId: newId(), channel: "chat", text: "Hello from Ana" };
      expect((await call({ key: ana.key }, `POST /api/conversations/${conversationId}/messages`, { body })).status).toBe(201);
    }
    await call({ cookie }, `POST /api/conversations/${complete.conversationId}/complete`);
    await call({ cookie }, `PATCH /api/mailboxes/${mailboxId}`, { body: { assigneeId: ana.agent.id } });
    expect((await remove()).status).toBe(204);
    // What the list has not heard of yet is let go of in a moment.
    await vi.waitFor(async () => expect(await assigneeOf(open.conversationId)).toBeNull(), WAIT);
    const page = await call({ cookie }, `GET /api/conversations/${open.conversationId}`);
    expect(page.body).toMatchObject({
      conversation: { assigneeId: null },
      messages: [{ seq: 1 }, { author: { id: ana.agent.id, name: ana.agent.name } }],
    });
    expect(JSON.stringify(page.body)).toContain(`"kind":"unassigned","actor":{"kind":"agent","id":"${owner.agent.id}"`);
    expect(await assigneeOf(complete.conversationId)).toBe(ana.agent.id);
    expect((await call({ cookie }, "GET /api/mailboxes")).body).toMatchObject({ items: [{ assigneeId: null }, {}, {}] });
    // One that opens again later is nobody's either.
    await call({ cookie }, `POST /api/conversations/${complete.conversationId}/reopen`);
    await handleCron(env);
    expect(await assigneeOf(complete.conversationId)).toBeNull();
  });

  test("has many conversations: all are let go of, also where that was interrupted", async () => {
    const chats = [];
    for (let n = 0; n < 45; n += 1) chats.push((await beginChat()).conversationId);
    for (const id of chats) expect((await assign(id, ana.agent.id)).status).toBe(204);
    const left = () =>
      env.DB.prepare("SELECT COUNT(*) AS n FROM conversations WHERE assignee_id = ?").bind(ana.agent.id).first("n");
    // As after a crash that came right after the first statement.
    await env.DB.prepare("UPDATE agents SET role = 'none', removed_at = 1, removed_by = ? WHERE id = ?")
      .bind(owner.agent.id, ana.agent.id)
      .run();
    await handleCron(env);
    expect(await left()).toBe(0);
    for (const id of chats.slice(0, 3)) expect(await assigneeOf(id)).toBeNull();
    // What signs in is refused from that statement on.
    await refused({ key: ana.key }, "GET /api/me", [401, "not_signed_in"]);
  });

  test("comes back with the same id, an invitation, and nothing of what they had", async () => {
    const key = await addKey(ana.agent.id, "agent");
    await remove();
    const body = { name: "Somebody Else", email: ana.email, role: "viewer" };
    const again = await read(invitedAgentSchema, { cookie }, "POST /api/agents", { body, status: 201 });
    // A name is changed by its owner alone.
    expect(again).toEqual({ ...ana.agent, role: "viewer", invitation: again.invitation });
    for (const caller of [{ key }, { key: ana.key }]) await refused(caller, "GET /api/me", [401, "not_signed_in"]);
    expect((await trySignIn({ ...ana, password: PASSWORD })).status).toBe(401);
    const token = again.invitation?.url.split("#token=")[1];
    const accepted = await call(null, "POST /api/invitations/accept", {
      body: { token, password: "a newer password" },
      headers: JSON_FROM_US,
    });
    expect(accepted).toMatchObject({ status: 201, body: { agent: { id: ana.agent.id, role: "viewer" } } });
    for (const caller of [{ key }, { key: ana.key }]) await refused(caller, "GET /api/me", [401, "not_signed_in"]);
  });

  test("who loses every role loses the keys for good, too", async () => {
    const setRole = (role: string) => call({ key: owner.key }, `PATCH /api/agents/${ana.agent.id}`, { body: { role } });
    expect((await setRole("none")).status).toBe(200);
    expect((await setRole("agent")).status).toBe(200);
    await refused({ key: ana.key }, "GET /api/me", [401, "not_signed_in"]);
    expect((await trySignIn(ana)).status).toBe(200);
  });

  test("[M8] and their forwarding address: what it forwards is nobody's after they left, nor when they are back", async () => {
    const address = async () => {
      const session = await addSession(ana.agent.id);
      return (await read(forwardingAddressSchema, { cookie: session }, "GET /api/me/forwarding-address")).address ?? "";
    };
    let sent = 0;
    const forward = async (to: string) => {
      const subject = `Fwd: ${(sent += 1)}`;
      const mail = {
        ...forwardOf({ from: "Nora <nora@example.test>", text: "Hi" }),
        from: "Ana <ana@home.test>",
        subject,
        messageId: `${sent}@x.test`,
      };
      await receive(rawMail(mail), { from: "ana@home.test", to });
      return (await ledger(owner.key)).find((row) => row.subject === subject)?.verdict;
    };
    const first = await address();
    expect(await forward(first)).toBe("forwarded");
    await remove();
    const body = { name: "Ana", email: ana.email, role: "agent" };
    await read(invitedAgentSchema, { cookie }, "POST /api/agents", { body, status: 201 });
    expect(await forward(first)).not.toBe("forwarded");
    const second = await address();
    expect([second === first, await forward(second)]).toEqual([false, "forwarded"]);
    const setRole = (role: string) => call({ key: owner.key }, `PATCH /api/agents/${ana.agent.id}`, { body: { role } });
    expect([(await setRole("none")).status, (await setRole("agent")).status]).toEqual([200, 200]);
    expect(await forward(second)).not.toBe("forwarded");
  });

  test("a session that began while they were removed opens nothing", async () => {
    const late = await addSession(ana.agent.id);
    await env.DB.prepare("UPDATE agents SET removed_at = 1 WHERE id = ?").bind(ana.agent.id).run();
    await refused({ cookie: late }, "GET /api/me", [401, "not_signed_in"]);
    await refused({ cookie: late }, "GET /api/me/sessions", [401, "not_signed_in"]);
  });
});

describe("an API key", () => {
  test("[T22] ends at its time, and its sockets with it", async () => {
    const body = { name: "Import", role: "agent", expiresAt: Date.now() + 60_000 };
    const made = await read(apiKeyCreatedSchema, { cookie }, "POST /api/api-keys", { body, status: 201 });
    expect(made).toMatchObject({ expiresAt: body.expiresAt, createdBy: { id: owner.agent.id, name: owner.agent.name } });
    const { conversationId: id } = await beginChat();
    const socket = await agentSocket({ key: made.key }, id);
    socket.send({ type: "hello", lastSeq: 0 });
    await socket.next("welcome");
    await env.DB.prepare("UPDATE api_keys SET expires_at = ? WHERE id = ?").bind(Date.now(), made.id).run();
    await refused({ key: made.key }, "GET /api/me", [401, "not_signed_in"]);
    await lookAgain(conversationStub(env, id));
    expect(await socket.end()).toMatchObject({ code: 4001 });
    const past = { ...body, expiresAt: Date.now() - 1 };
    await refused({ cookie }, "POST /api/api-keys", [422, "invalid"], { body: past });
  });

  test("[T22] that is deleted closes the list's socket at once", async () => {
    const key = await addKey(ana.agent.id, "agent");
    const socket = await inboxSocket({ key });
    socket.send({ type: "hello" });
    await socket.next("welcome");
    const { items } = await read(pageOf(apiKeySchema), { cookie }, "GET /api/api-keys");
    for (const { id } of items.filter(({ createdBy }) => createdBy.id === ana.agent.id))
      expect((await call({ cookie }, `DELETE /api/api-keys/${id}`)).status).toBe(204);
    expect(await socket.end()).toMatchObject({ code: 4001 });
  });
});
