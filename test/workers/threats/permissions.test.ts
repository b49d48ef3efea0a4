import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { app } from "../../../worker/app.ts";
import { sha256Hex } from "../../../worker/auth/hmac.ts";
import { PERMISSIONS } from "../../../worker/auth/permissions.ts";
import { ROLES, hasRole, type Role } from "../../../worker/domain/roles.ts";
import { WATCH_INTERVAL_MS } from "../../../durable-objects/conversation/watch.ts";
import { conversationStub, inboxStubFor } from "../../../worker/objects.ts";
import { lookAgain } from "../support/conversation.ts";
import { OWNER, SETUP_BODY, addAgent, addKey, freshDeployment, newId, signIn, type KeyedAgent } from "../support/deployment.ts";
import { ORIGIN, call, refused, statusesOf, type Caller } from "../support/http.ts";
import { agentSocket, inboxSocket } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

let owner: KeyedAgent;

beforeEach(async () => {
  ({ owner } = await freshDeployment());
});
afterEach(() => {
  vi.useRealTimers();
});

/** Every route under /api that Hono has mounted, without middleware. */
const mounted = [
  ...new Set(
    app.routes
      .filter(({ method, path }) => path.startsWith("/api/") && !(method === "ALL" && path === "/api/*"))
      .map(({ method, path }) => `${method} ${path}`),
  ),
].sort();

/** Of an agent in person: an API key is refused whatever its role. */
const NOT_FOR_KEYS = new Set(["GET /api/me/forwarding-address", "POST /api/me/forwarding-address"]);

/** A call of the route that names nothing real. */
function callOf(route: string): string {
  return route.replace("ALL ", "GET ").replace(":seq", "1").replaceAll(/:\w+/g, newId()).replace("*", "get-session");
}

describe("[T7] the table of permissions", () => {
  test("has every mounted route, and nothing else", () => {
    expect(mounted).toEqual(Object.keys(PERMISSIONS).sort());
    expect(mounted.length).toBeGreaterThan(40);
  });

  test("is what every role meets: 403 below the route's role, never from it on; 401 for nobody", async () => {
    const keys = new Map<Role, string>();
    for (const role of ROLES) keys.set(role, (await addAgent(role)).key);
    for (const [route, permission] of Object.entries(PERMISSIONS)) {
      for (const role of ROLES) {
        const { status } = await call({ key: keys.get(role) ?? "" }, callOf(route));
        const isAllowed = !NOT_FOR_KEYS.has(route) && (permission === "public" || hasRole(role, permission));
        expect([route, role, status === 403]).toEqual([route, role, !isAllowed]);
        expect([route, role, status === 401]).toEqual([route, role, false]);
      }
      const { status } = await call(null, callOf(route));
      expect([route, "nobody", status === 401]).toEqual([route, "nobody", permission !== "public"]);
    }
  });

  test("[S1] somebody signed in without a role sees none of the conversations, not even by socket", async () => {
    const none = await addAgent("none");
    const { conversationId: id } = await beginChat();
    const headers = { upgrade: "websocket" };
    for (const route of ["/api/conversations", `/api/conversations/${id}`, `/api/conversations/${id}/messages`])
      await refused({ key: none.key }, `GET ${route}`, [403, "not_allowed"]);
    await refused({ key: none.key }, `GET /api/conversations/${id}/socket`, [403, "not_allowed"], { headers });
    await refused({ key: none.key }, "GET /api/inbox/socket", [403, "not_allowed"], { headers });
    expect((await call({ key: none.key }, "GET /api/me")).status).toBe(200);
  });
});

const setRole = (by: KeyedAgent, of: KeyedAgent, role: Role) =>
  call({ key: by.key }, `PATCH /api/agents/${of.agent.id}`, { body: { role } });

describe("[T7] roles", () => {
  test("nobody raises their own, and an admin makes or unmakes no owner", async () => {
    const admin = await addAgent("admin");
    const agent = await addAgent("agent");
    expect((await setRole(admin, admin, "owner")).status).toBe(403);
    expect((await setRole(admin, agent, "owner")).status).toBe(403);
    expect((await setRole(admin, owner, "agent")).status).toBe(403);
    expect((await setRole(agent, agent, "admin")).status).toBe(403);
    const invitation = { name: "Eve", email: "eve@acme.test", role: "owner", password: "long enough" };
    await refused({ key: admin.key }, "POST /api/agents", [403, "not_allowed"], { body: invitation });
    expect((await setRole(admin, agent, "admin")).status).toBe(200);
    expect((await setRole(admin, admin, "agent")).status).toBe(200);
    // The key that was made for the admin does no more than its agent now.
    expect((await setRole(admin, agent, "none")).status).toBe(403);
  });

  test("a key gives no more than its maker has", async () => {
    const admin = await addAgent("admin");
    await refused({ key: admin.key }, "POST /api/api-keys", [403, "not_allowed"], { body: { name: "x", role: "owner" } });
    // Nor does a key of less: it is asked for its own role.
    const limited = await addKey(owner.agent.id, "admin");
    await refused({ key: limited }, "POST /api/api-keys", [403, "not_allowed"], { body: { name: "x", role: "owner" } });
    const viewer = await addKey(owner.agent.id, "viewer");
    await refused({ key: viewer }, "POST /api/api-keys", [403, "not_allowed"], { body: { name: "x", role: "viewer" } });
  });

  test("the last owner cannot be removed, not by two at the same instant either", async () => {
    expect((await setRole(owner, owner, "admin")).body).toMatchObject({ status: 409, code: "conflict" });
    const second = await addAgent("owner");
    const both = await Promise.all([setRole(owner, owner, "admin"), setRole(second, second, "admin")]);
    expect(statusesOf(both)).toEqual([200, 409]);
    expect(await env.DB.prepare("SELECT COUNT(*) AS n FROM agents WHERE role = 'owner'").first("n")).toBe(1);
  });
});

/** With an owner who has a password. */
async function setUpAnew(): Promise<void> {
  for (const table of ["settings", "agents", "mailboxes"]) await env.DB.prepare(`DELETE FROM ${table}`).run();
  expect((await call(null, "POST /api/setup", { body: SETUP_BODY })).status).toBe(201);
}

const greet = async (caller: Caller, id: string) => {
  const socket = await agentSocket(caller, id);
  socket.send({ type: "hello", lastSeq: 0 });
  await socket.next("welcome");
  return socket;
};

describe("[T7] sockets that are already open", () => {
  test("of an agent who loses their role close: the list's at once, a conversation's at its next look", async () => {
    const agent = await addAgent("agent");
    const { conversationId: id } = await beginChat();
    const conversation = await greet({ key: agent.key }, id);
    const inbox = await inboxSocket({ key: agent.key });
    inbox.send({ type: "hello" });
    await inbox.next("welcome");
    expect((await setRole(owner, agent, "none")).status).toBe(200);
    expect(await inbox.end()).toMatchObject({ code: 4001 });
    expect(await lookAgain(conversationStub(env, id))).toBe(true);
    expect(await conversation.end()).toMatchObject({ code: 4001 });
  });

  test("of one who is gone, too; and a colleague's stay", async () => {
    const agent = await addAgent("agent");
    const { conversationId: id } = await beginChat();
    const [theirs, mine] = [await greet({ key: agent.key }, id), await greet({ key: owner.key }, id)];
    const list = await inboxSocket({ key: agent.key });
    list.send({ type: "hello" });
    await list.next("welcome");
    await env.DB.prepare("DELETE FROM agents WHERE id = ?").bind(agent.agent.id).run();
    await lookAgain(conversationStub(env, id));
    await runDurableObjectAlarm(inboxStubFor(env, agent.agent.id));
    expect(await theirs.end()).toMatchObject({ code: 4001 });
    expect(await list.end()).toMatchObject({ code: 4001 });
    expect(mine.closed).toBeNull();
  });

  test("of one who becomes a viewer write no more, after the next look", async () => {
    const agent = await addAgent("agent");
    const { conversationId: id } = await beginChat();
    const socket = await greet({ key: agent.key }, id);
    await setRole(owner, agent, "viewer");
    await lookAgain(conversationStub(env, id));
    socket.send({ type: "send", clientId: newId(), text: "x", channel: "chat" });
    expect((await socket.next("rejected")).reason).toBe("not_allowed");
  });

  test("of a deleted API key close; those of the same agent's other keys stay", async () => {
    const { conversationId: id } = await beginChat();
    const agent = await addAgent("agent");
    const key = await addKey(agent.agent.id, "agent");
    const keyId = await env.DB.prepare("SELECT id FROM api_keys WHERE hash = ?")
      .bind(await sha256Hex(key))
      .first<string>("id");
    const [stays, leaves] = [await greet({ key: agent.key }, id), await greet({ key }, id)];
    const list = await inboxSocket({ key });
    list.send({ type: "hello" });
    await list.next("welcome");
    expect((await call({ key: owner.key }, `DELETE /api/api-keys/${keyId}`)).status).toBe(204);
    await lookAgain(conversationStub(env, id));
    await runDurableObjectAlarm(inboxStubFor(env, agent.agent.id));
    expect(await leaves.end()).toMatchObject({ code: 4001 });
    expect(await list.end()).toMatchObject({ code: 4001 });
    expect(stays.closed).toBeNull();
  });

  test("take nothing in any more once they were ended, though their owner goes on sending", async () => {
    const agent = await addAgent("agent");
    const { conversationId: id } = await beginChat();
    await greet({ key: agent.key }, id);
    await setRole(owner, agent, "none");
    const frames = [
      { type: "send", clientId: newId(), text: "too late" },
      { type: "seen", seq: 1 },
    ];
    await runInDurableObject(conversationStub(env, id), async (object, state) => {
      const [socket] = state.getWebSockets("agent");
      if (socket === undefined) throw new Error("no socket");
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + WATCH_INTERVAL_MS });
      await object.alarm();
      for (const frame of frames) await object.webSocketMessage(socket, JSON.stringify(frame));
    });
    expect(await call({ key: owner.key }, `GET /api/conversations/${id}`)).toMatchObject({
      body: { conversation: { unread: true, lastMessage: { seq: 1 } } },
    });
  });

  test("of who has signed out close; their other device's stay", async () => {
    const { conversationId: id } = await beginChat();
    await setUpAnew();
    const [cookie, elsewhere] = [await signIn(OWNER.email, OWNER.password), await signIn(OWNER.email, OWNER.password)];
    const [leaves, stays] = [await greet({ cookie }, id), await greet({ cookie: elsewhere }, id)];
    const headers = { origin: ORIGIN, "content-type": "application/json" };
    expect((await call({ cookie }, "POST /api/auth/sign-out", { headers, body: {} })).status).toBe(200);
    await lookAgain(conversationStub(env, id));
    expect(await leaves.end()).toMatchObject({ code: 4001 });
    expect(stays.closed).toBeNull();
  });

  test("and the session of an agent without a role ends", async () => {
    await setUpAnew();
    const cookie = await signIn(OWNER.email, OWNER.password);
    const boss = await addAgent("owner");
    const me = await env.DB.prepare("SELECT id FROM agents WHERE email = ?").bind(OWNER.email).first<string>("id");
    expect((await call({ key: boss.key }, `PATCH /api/agents/${me}`, { body: { role: "none" } })).status).toBe(200);
    await refused({ cookie }, "GET /api/me", [401, "not_signed_in"]);
  });
});
