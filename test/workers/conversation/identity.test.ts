/** Who somebody is comes from the token or the session (A10), and is checked before any object is touched (A11). */
import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { CONNECTION_HEADER } from "../../../durable-objects/conversation/connection.ts";
import { LISTENER_HEADER } from "../../../durable-objects/inbox/inbox-object.ts";
import { createVisitorToken } from "../../../worker/auth/visitor-token.ts";
import { conversationStub } from "../../../worker/objects.ts";
import { ANA, settle } from "../support/conversation.ts";
import { addAgent, freshDeployment, newId } from "../support/deployment.ts";
import { SITE, call, fetchWorker, refused } from "../support/http.ts";
import { ports } from "../support/ports.ts";
import { agentSocket, inboxSocket, visitorSocket } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

beforeEach(async () => {
  ports.reset();
  await freshDeployment();
});

/** Ids of every object that ever was; those of earlier tests stay listed. */
async function objects(): Promise<string[]> {
  const ids = [...(await listDurableObjectIds(env.CONVERSATION)), ...(await listDurableObjectIds(env.INBOX))];
  return ids.map(String).sort();
}

describe("claims about who it is", () => {
  test("[A10] [P13] a claim in a header from outside is ignored on a visitor's socket", async () => {
    const { token, conversationId } = await beginChat();
    const socket = await visitorSocket(token, { headers: { [CONNECTION_HEADER]: JSON.stringify(ANA), origin: SITE } });
    socket.send({ type: "hello", lastSeq: 0 });
    expect(Object.keys((await socket.next("welcome")).conversation)).not.toContain("contact");
    socket.send({ type: "send", clientId: newId(), text: "A note?", channel: "note" });
    expect((await socket.next("message")).message).toMatchObject({ author: { kind: "visitor" }, channel: "chat" });
    socket.send({ type: "seen", seq: 2 });
    await settle(socket);
    const owner = await addAgent("owner");
    expect((await call({ key: owner.key }, `GET /api/conversations/${conversationId}`)).body).toMatchObject({
      conversation: { readSeq: 0, unread: true },
    });
  });

  test("[A10] [P13] a claim in a header from outside is ignored on an agent's sockets", async () => {
    const { conversationId } = await beginChat();
    const viewer = await addAgent("viewer", { name: "Vera" });
    const claim = JSON.stringify({ ...ANA, role: "owner" });
    const socket = await agentSocket({ key: viewer.key }, conversationId, { headers: { [CONNECTION_HEADER]: claim } });
    socket.send({ type: "hello", lastSeq: 0 });
    expect((await socket.next("welcome")).presence.agents).toEqual([{ id: viewer.agent.id, name: "Vera" }]);
    socket.send({ type: "send", clientId: newId(), text: "As owner" });
    expect(await socket.next("rejected")).toMatchObject({ reason: "not_allowed" });
    const list = await inboxSocket(
      { key: viewer.key },
      { headers: { [LISTENER_HEADER]: JSON.stringify({ agentId: "someone-else", credential: "session:x" }) } },
    );
    list.send({ type: "hello", revision: null });
    expect((await list.next("welcome")).agents).toEqual([viewer.agent.id]);
  });

  test("[A10] a claim does not make a stranger an agent", async () => {
    const { conversationId } = await beginChat();
    const response = await fetchWorker(null, `GET /api/conversations/${conversationId}/socket`, {
      headers: { upgrade: "websocket", [CONNECTION_HEADER]: JSON.stringify(ANA) },
    });
    expect(response.status).toBe(401);
  });
});

describe("no object is touched before the token is checked", () => {
  test("[A11] bad, foreign and misplaced tokens are closed with 4001 and touch nothing", async () => {
    const before = await objects();
    const id = newId();
    const forOtherSite = await createVisitorToken(env.APP_SECRET ?? "", {
      conversationId: id,
      sessionId: newId(),
      generation: 1,
      origin: "https://other.example",
    });
    const otherSecret = await createVisitorToken("another-secret-of-thirty-two-chars", {
      conversationId: id,
      sessionId: newId(),
      generation: 1,
      origin: null,
    });
    const [payload = ""] = forOtherSite.split(/\.(?=[^.]+$)/);
    for (const token of [
      "",
      "nonsense",
      "v1.a.b.c.d",
      "v2.a.b.1.c.d",
      otherSecret,
      forOtherSite,
      `${payload}.AAAA`,
      `${payload}.`,
    ]) {
      const socket = await visitorSocket(token, { headers: { origin: SITE } });
      expect(await socket.end()).toEqual({ code: 4001, reason: "not_allowed" });
    }
    const none = await visitorSocket("", { protocols: ["hilo.v1"], headers: { origin: SITE } });
    expect(await none.end()).toEqual({ code: 4001, reason: "not_allowed" });
    const old = await visitorSocket(otherSecret, { protocols: ["hilo.v0", `token.${otherSecret}`], headers: { origin: SITE } });
    expect(await old.end()).toEqual({ code: 4003, reason: "protocol_too_old" });
    expect([await objects(), ports.seen.wakes]).toEqual([before, 0]);
  });

  test("[A11] page views, settings and strangers at the API touch nothing", async () => {
    const before = await objects();
    const id = newId();
    for (const route of [
      "GET /widget/config",
      `GET /api/conversations/${id}`,
      `POST /api/conversations/${id}/messages`,
      `POST /api/conversations/${id}/complete`,
      "GET /api/inbox/socket",
      "POST /widget/contact",
      "POST /widget/attachments",
      "POST /widget/codes",
      "POST /widget/confirm",
      "POST /widget/session/end",
      "POST /widget/not-me",
      "GET /not-me",
    ])
      await call(null, route, {
        headers: { authorization: "Bearer v1.x.1.-.AAAA" },
        body: route.startsWith("POST") ? "{}" : undefined,
      });
    expect([await objects(), ports.seen.wakes]).toEqual([before, 0]);
  });

  test("[A11] a first message makes one conversation, and a token of a conversation that never was begins none", async () => {
    const before = await objects();
    await beginChat();
    expect(await objects()).not.toEqual(before);
    expect(ports.seen.wakes).toBe(1);
    const id = newId();
    const token = await createVisitorToken(env.APP_SECRET ?? "", {
      conversationId: id,
      sessionId: newId(),
      generation: 1,
      origin: SITE,
    });
    const socket = await visitorSocket(token, { headers: { origin: SITE } });
    expect(await socket.end()).toEqual({ code: 4001, reason: "not_allowed" });
    expect(await conversationStub(env, id).item()).toBeNull();
  });

  test("[T5] a token of another generation or session, though signed, opens nothing", async () => {
    const { conversationId, token: own } = await beginChat();
    const sessionId = own.split(".")[2] ?? "";
    const secret = env.APP_SECRET ?? "";
    const tokens = [
      await createVisitorToken(secret, { conversationId, sessionId, generation: 2, origin: SITE }),
      await createVisitorToken(secret, { conversationId, sessionId, generation: 0, origin: SITE }),
      await createVisitorToken(secret, { conversationId, sessionId: newId(), generation: 1, origin: SITE }),
      // Before sessions had ids a conversation's own stood for its session.
      await createVisitorToken(secret, { conversationId, sessionId: conversationId, generation: 1, origin: SITE }),
    ];
    for (const token of tokens) {
      const socket = await visitorSocket(token, { headers: { origin: SITE } });
      expect(await socket.end()).toEqual({ code: 4001, reason: "not_allowed" });
      for (const route of ["POST /widget/contact", "POST /widget/codes", "POST /widget/confirm", "POST /widget/session/end"]) {
        const body = route === "POST /widget/confirm" ? { code: "123456" } : { email: "carla@customer.test" };
        await refused({ token, origin: SITE }, route, [401, "not_signed_in"], { body });
      }
    }
    const again = await createVisitorToken(secret, { conversationId, sessionId, generation: 1, origin: SITE });
    expect(again).toBe(own);
  });
});
