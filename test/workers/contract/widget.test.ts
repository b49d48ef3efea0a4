import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import * as v from "valibot";
import { conversationPageSchema } from "../../../worker/domain/api-shapes.ts";
import { widgetConfigSchema, widgetConversationCreatedSchema } from "../../../worker/domain/widget-shapes.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { SITE, call, read, refused, statusesOf } from "../support/http.ts";
import { addressNoted } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

let key: string;
/** Objects of earlier tests are emptied, not unmade. */
let objects: number;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
  objects = (await listDurableObjectIds(env.CONVERSATION)).length;
});

const open = async (id: string) => read(conversationPageSchema, { key }, `GET /api/conversations/${id}`);

describe("GET /widget/config", () => {
  test("[S23] gives the public settings and nothing else, to any site, cacheable", async () => {
    const config = await read(v.strictObject(widgetConfigSchema.entries), null, "GET /widget/config", {
      headers: { origin: SITE },
    });
    expect(config).toEqual({
      company: "Acme",
      colour: "#4f46e5",
      position: "right",
      greeting: { en: "Hi! How can we help?", es: "¡Hola! ¿En qué podemos ayudarte?" },
      launcherText: { en: "", es: "" },
      title: { en: "Chat with us", es: "Escríbenos" },
      captureText: config.captureText,
      isCaptureShown: true,
    });
    const { headers } = await call(null, "GET /widget/config", { headers: { origin: SITE } });
    expect(headers.get("cache-control")).toMatch(/^public, max-age=\d+$/);
    expect(headers.get("access-control-allow-origin")).toBe("*");
  });
});

describe("POST /widget/conversations", () => {
  test("makes the conversation with its first message: 201, and 200 with the same for a repeat", async () => {
    const body = { clientId: newId(), text: "Hi\nthere", page: "https://shop.example/x", locale: "en-GB" };
    const post = async (status: number, text = body.text) =>
      read(v.strictObject(widgetConversationCreatedSchema.entries), null, "POST /widget/conversations", {
        body: { ...body, text },
        headers: { origin: SITE, "user-agent": "Browser/1" },
        status,
      });
    const made = await post(201);
    expect(made.message).toEqual({
      seq: 1,
      id: made.message.id,
      at: made.message.at,
      author: { kind: "visitor" },
      channel: "chat",
      text: "Hi\nthere",
      attachments: [],
    });
    expect(await post(200)).toEqual(made);
    expect(await post(200, "something else")).toEqual(made);
    const { conversation, messages } = await open(made.conversationId);
    expect(messages).toHaveLength(1);
    expect(conversation.visitor).toEqual({ page: body.page, locale: "en-GB", userAgent: "Browser/1" });
  });

  test("two at the same instant make one conversation", async () => {
    const body = { clientId: newId(), text: "Hi" };
    const answers = await Promise.all(
      [0, 1, 2].map(() => call(null, "POST /widget/conversations", { body, headers: { origin: SITE } })),
    );
    expect(statusesOf(answers)).toEqual([200, 200, 201]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(await listDurableObjectIds(env.CONVERSATION)).toHaveLength(objects + 1);
  });

  test("that clientId stays a secret: no answer, frame or list that others see has it", async () => {
    const { clientId, conversationId, message } = await beginChat();
    expect(conversationId).not.toBe(clientId);
    expect(conversationId.slice(0, 13)).toBe(clientId.slice(0, 13));
    expect(conversationId.slice(14)).not.toBe(clientId.slice(14));
    expect(message.id).not.toBe(clientId);
    expect(JSON.stringify([await open(conversationId), (await call({ key }, "GET /api/conversations")).body])).not.toContain(
      clientId,
    );
  });

  test("422 for nothing to say or a clientId that is none, and no object is made", async () => {
    for (const body of [
      { clientId: newId(), text: " " },
      { clientId: "1", text: "x" },
      { clientId: newId() },
      { clientId: newId(), text: "x".repeat(20_001) },
      { clientId: newId(), text: "x", contact: { email: "no" } },
    ])
      await refused(null, "POST /widget/conversations", [422, "invalid"], { body });
    expect(await listDurableObjectIds(env.CONVERSATION)).toHaveLength(objects);
  });
});

describe("POST /widget/contact", () => {
  test("[S22] [T20] stores the typed address as the visitor's own word: an agent can answer it, and no contact is made", async () => {
    const { token, conversationId } = await beginChat();
    const answer = await call({ token }, "POST /widget/contact", { body: { email: "Vera@Example.test", name: "Vera" } });
    expect([answer.status, answer.body]).toEqual([204, null]);
    await addressNoted(conversationId, "vera@example.test");
    const { contact, conversation } = await open(conversationId);
    expect([contact, conversation.address]).toEqual([null, { email: "vera@example.test", level: "typed", claimed: null }]);
    expect(conversation.visitor).toMatchObject({ name: "Vera" });
    expect((await call({ key }, "GET /api/contacts?q=vera@")).body).toMatchObject({ items: [] });
  });

  test("422 for what is no address, 401 without a token", async () => {
    const { token } = await beginChat();
    await refused({ token }, "POST /widget/contact", [422, "invalid"], { body: { email: "vera" } });
    await refused(null, "POST /widget/contact", [401, "not_signed_in"], { body: { email: "vera@example.test" } });
  });
});

describe("files of the widget", () => {
  test("preflights are answered for any site, without credentials", async () => {
    const answer = await call(null, "OPTIONS /widget/conversations", {
      headers: { origin: SITE, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    expect(answer.headers.get("access-control-allow-headers")?.toLowerCase()).toContain("authorization");
  });
});
