import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { app } from "../../../worker/app.ts";
import { sha256Hex } from "../../../worker/auth/hmac.ts";
import { PASSWORD_FRESH_MS, PERMISSIONS, PROOFS } from "../../../worker/auth/permissions.ts";
import { agentSchema, pageOf, problemSchema } from "../../../worker/domain/api-shapes.ts";
import { ROLES, hasRole, type Role } from "../../../worker/domain/roles.ts";
import { WATCH_INTERVAL_MS } from "../../../durable-objects/conversation/watch.ts";
import { conversationStub, inboxStubFor } from "../../../worker/objects.ts";
import { lookAgain } from "../support/conversation.ts";
import {
  OWNER,
  SETUP_BODY,
  SETUP_HEADERS,
  addAgent,
  addKey,
  addSession,
  freshDeployment,
  newId,
  signIn,
  type KeyedAgent,
} from "../support/deployment.ts";
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

/** A call of the route that names nothing real. */
function callOf(route: string): string {
  return route.replace(":seq", "1").replaceAll(/:\w+/g, newId());
}

/** Signing out would end the walk. */
const bodyFor = (route: string) => ({ body: route.startsWith("GET") ? undefined : {}, headers: noCookieFor(route) });
const noCookieFor = (route: string): Record<string, string> => (route === "POST /api/auth/sign-out" ? { cookie: "" } : {});

/** Of a few hundred calls. */
const WALK = { timeout: 60_000 };

/** The code with which this caller is kept out of a route; null where what they asked for is wrong, or done. */
async function refusalOf(caller: Caller, route: string): Promise<string | null> {
  const { status, body } = await call(caller, callOf(route), bodyFor(route));
  if (status !== 401 && status !== 403) return null;
  const { code } = v.parse(problemSchema, body);
  return ["not_signed_in", "not_allowed", "password_needed"].includes(code) ? code : null;
}

describe("[T7] the table of permissions", () => {
  test("has every mounted route, and nothing else", () => {
    expect(mounted).toEqual(Object.keys(PERMISSIONS).sort());
    expect(mounted.length).toBeGreaterThan(40);
  });

  test("is what every role's sessions meet: 403 below the route's role, never from it on; 401 for nobody", WALK, async () => {
    const callers = new Map<Role, Caller>();
    for (const role of ROLES) callers.set(role, { cookie: await addSession((await addAgent(role)).agent.id) });
    for (const [route, permission] of Object.entries(PERMISSIONS)) {
      const answers = ROLES.map((role) => refusalOf(callers.get(role) ?? null, route));
      const expected = ROLES.map((role) => (permission === "public" || hasRole(role, permission) ? null : "not_allowed"));
      expect([route, await Promise.all(answers)]).toEqual([route, expected]);
      expect([route, await refusalOf(null, route)]).toEqual([route, permission === "public" ? null : "not_signed_in"]);
    }
  });

  test("[T22] is what every role's keys meet too, but no key may do what needs a session", WALK, async () => {
    const callers = new Map<Role, Caller>();
    for (const role of ROLES) callers.set(role, { key: (await addAgent(role)).key });
    for (const [route, permission] of Object.entries(PERMISSIONS)) {
      const mayBe = (role: Role) => permission === "public" || (hasRole(role, permission) && PROOFS[route] === undefined);
      const answers = ROLES.map((role) => refusalOf(callers.get(role) ?? null, route));
      expect([route, await Promise.all(answers)]).toEqual([route, ROLES.map((role) => (mayBe(role) ? null : "not_allowed"))]);
    }
  });

  test(
    "[T22] what makes a credential asks for a password that was given within ten minutes, and nothing else does",
    WALK,
    async () => {
      const old = await addSession(owner.agent.id, Date.now() - PASSWORD_FRESH_MS - 1_000);
      const never = await addSession(owner.agent.id, null);
      expect(Object.keys(PROOFS).filter((route) => !(route in PERMISSIONS))).toEqual([]);
      // It would end the other session of the walk.
      for (const route of Object.keys(PERMISSIONS).filter((route) => route !== "DELETE /api/me/sessions")) {
        const answers = await Promise.all([old, never].map((cookie) => refusalOf({ cookie }, route)));
        const expected = PROOFS[route] === "password" ? "password_needed" : null;
        expect([route, answers]).toEqual([route, [expected, expected]]);
      }
    },
  );

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

/** As the agent does it in a browser, and no key of theirs. */
const setOwnRole = async ({ agent }: KeyedAgent, role: Role) =>
  call({ cookie: await addSession(agent.id) }, `PATCH /api/agents/${agent.id}`, { body: { role } });

describe("[T7] roles", () => {
  test("nobody raises their own, and an admin makes or unmakes no owner", async () => {
    const admin = await addAgent("admin");
    const agent = await addAgent("agent");
    const cookie = await addSession(admin.agent.id);
    expect((await setOwnRole(admin, "owner")).status).toBe(403);
    expect((await setRole(admin, agent, "owner")).status).toBe(403);
    expect((await setRole(admin, owner, "agent")).status).toBe(403);
    expect((await setOwnRole(agent, "admin")).status).toBe(403);
    const invitation = { name: "Eve", email: "eve@acme.test", role: "owner", password: "long enough" };
    await refused({ cookie }, "POST /api/agents", [403, "not_allowed"], { body: invitation });
    await refused({ cookie }, `DELETE /api/agents/${owner.agent.id}`, [403, "not_allowed"]);
    expect((await setRole(admin, agent, "admin")).status).toBe(200);
    expect((await setOwnRole(admin, "agent")).status).toBe(200);
    // The key that was made for the admin does no more than its agent now.
    expect((await setRole(admin, agent, "none")).status).toBe(403);
  });

  test("[T22] a key neither demotes nor removes who made it, whatever its role, nor anybody above its own", async () => {
    const second = await addAgent("owner");
    for (const role of ["owner", "admin"] as const) {
      const key = await addKey(owner.agent.id, role);
      await refused({ key }, `PATCH /api/agents/${owner.agent.id}`, [403, "not_allowed"], { body: { role: "agent" } });
      await refused({ key }, `DELETE /api/agents/${owner.agent.id}`, [403, "not_allowed"]);
    }
    const limited = await addKey(owner.agent.id, "admin");
    await refused({ key: limited }, `PATCH /api/agents/${second.agent.id}`, [403, "not_allowed"], { body: { role: "agent" } });
    await refused({ key: limited }, `DELETE /api/agents/${second.agent.id}`, [403, "not_allowed"]);
  });

  test("[T22] a name is changed by its owner alone, an owner's by no admin and nobody's by another's key", async () => {
    const admin = await addAgent("admin");
    const agent = await addAgent("agent");
    const cookie = await addSession(admin.agent.id);
    for (const caller of [{ cookie }, { key: admin.key }, { key: owner.key }])
      for (const id of [agent.agent.id, ...("key" in caller && caller.key === owner.key ? [] : [owner.agent.id])])
        await refused(caller, `PATCH /api/agents/${id}`, [403, "not_allowed"], { body: { name: "Renamed" } });
    expect((await call({ cookie }, `PATCH /api/agents/${admin.agent.id}`, { body: { name: "Ada" } })).body).toMatchObject({
      name: "Ada",
    });
    const mine = await addSession(agent.agent.id);
    expect((await call({ cookie: mine }, "PATCH /api/me", { body: { name: "Abe" } })).body).toMatchObject({
      agent: { id: agent.agent.id, name: "Abe", role: "agent" },
    });
    const { items } = v.parse(pageOf(agentSchema), (await call({ cookie }, "GET /api/agents")).body);
    expect(items.map(({ name }) => name)).toEqual([owner.agent.name, "Ada", "Abe"]);
  });

  test("a key gives no more than its maker has, and makes no other key", async () => {
    const admin = await addAgent("admin");
    const cookie = await addSession(admin.agent.id);
    await refused({ cookie }, "POST /api/api-keys", [403, "not_allowed"], { body: { name: "x", role: "owner" } });
    for (const role of ROLES) {
      const key = await addKey(owner.agent.id, role);
      await refused({ key }, "POST /api/api-keys", [403, "not_allowed"], { body: { name: "x", role: "viewer" } });
    }
  });

  test("[T22] an admin deletes no key of an owner", async () => {
    const admin = await addAgent("admin");
    const keyId = await keyIdOf(owner.key);
    await refused({ key: admin.key }, `DELETE /api/api-keys/${keyId}`, [403, "not_allowed"]);
    expect((await call({ key: owner.key }, `DELETE /api/api-keys/${await keyIdOf(admin.key)}`)).status).toBe(204);
  });

  test("the last owner cannot be removed or demoted, not by two at the same instant either", async () => {
    expect((await setOwnRole(owner, "admin")).body).toMatchObject({ status: 409, code: "conflict" });
    const own = `DELETE /api/agents/${owner.agent.id}`;
    await refused({ cookie: await addSession(owner.agent.id) }, own, [409, "conflict"]);
    const second = await addAgent("owner");
    const both = await Promise.all([setOwnRole(owner, "admin"), setOwnRole(second, "admin")]);
    expect(statusesOf(both)).toEqual([200, 409]);
    expect(await env.DB.prepare("SELECT COUNT(*) AS n FROM agents WHERE role = 'owner'").first("n")).toBe(1);
  });

  test("an owner who has never signed in does not count as one", async () => {
    const cookie = await addSession(owner.agent.id);
    const body = { name: "Ines", email: "ines@acme.test", role: "owner" };
    expect((await call({ cookie }, "POST /api/agents", { body })).status).toBe(201);
    expect((await setOwnRole(owner, "admin")).body).toMatchObject({ status: 409, code: "conflict" });
  });
});

async function keyIdOf(key: string): Promise<string> {
  const id = await env.DB.prepare("SELECT id FROM api_keys WHERE hash = ?")
    .bind(await sha256Hex(key))
    .first<string>("id");
  return id ?? "";
}

/** With an owner who has a password. */
async function setUpAnew(): Promise<void> {
  for (const table of ["settings", "agents", "mailboxes"]) await env.DB.prepare(`DELETE FROM ${table}`).run();
  expect((await call(null, "POST /api/setup", { body: SETUP_BODY, headers: SETUP_HEADERS })).status).toBe(201);
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
    const keyId = await keyIdOf(key);
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
