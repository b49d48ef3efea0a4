import { beforeEach, describe, expect, test } from "vitest";
import * as v from "valibot";
import { invitedAgentSchema, listedAgentSchema } from "../../../worker/domain/account-shapes.ts";
import {
  agentSchema,
  apiKeyCreatedSchema,
  apiKeySchema,
  mailboxSchema,
  meSchema,
  pageOf,
} from "../../../worker/domain/api-shapes.ts";
import { widgetConfigSchema } from "../../../worker/domain/widget-shapes.ts";
import { settingsSchema } from "../../../worker/domain/settings.ts";
import {
  MAILBOX,
  OTHER_MAILBOXES,
  addAgent,
  addSession,
  freshDeployment,
  newId,
  signIn,
  type Deployment,
} from "../support/deployment.ts";
import { call, read, refused } from "../support/http.ts";

let deployment: Deployment;
let key: string;
/** The owner's browser. */
let cookie: string;

beforeEach(async () => {
  deployment = await freshDeployment();
  ({ key } = deployment.owner);
  cookie = await addSession(deployment.owner.agent.id);
});

describe("agents", () => {
  test("are made with a password where a program knows one, and can sign in", async () => {
    const own = await read(invitedAgentSchema, { cookie }, "POST /api/agents", {
      body: { name: "Ben", email: "Ben@Acme.test", password: "own password", role: "viewer" },
      status: 201,
    });
    expect(own).toEqual({ id: own.id, name: "Ben", email: "ben@acme.test", role: "viewer" });
    const theirs = await signIn("ben@acme.test", "own password");
    expect(await read(meSchema, { cookie: theirs }, "GET /api/me")).toEqual({ agent: own });
    const { items } = await read(pageOf(listedAgentSchema), { key }, "GET /api/agents");
    expect(items).toEqual([deployment.owner.agent, own]);
    await refused({ cookie }, "POST /api/agents", [409, "taken"], { body: { name: "Ben", email: "BEN@acme.test" } });
    await refused({ cookie }, "POST /api/agents", [422, "invalid"], { body: { name: "", email: "x", role: "king" } });
  });

  test("change role; 404 for nobody", async () => {
    const { agent } = await addAgent("agent");
    const patch = async (body: unknown) => read(agentSchema, { key }, `PATCH /api/agents/${agent.id}`, { body });
    expect(await patch({ role: "admin" })).toEqual({ ...agent, role: "admin" });
    expect(await patch({})).toEqual({ ...agent, role: "admin" });
    await refused({ key }, `PATCH /api/agents/${newId()}`, [404, "not_found"], { body: { role: "agent" } });
    await refused({ key }, `PATCH /api/agents/${agent.id}`, [422, "invalid"], { body: { role: "god" } });
  });
});

describe("API keys", () => {
  test("are shown once, listed with their maker and without the secret, note their use, and end", async () => {
    const made = await read(apiKeyCreatedSchema, { cookie }, "POST /api/api-keys", {
      body: { name: "Reports", role: "viewer" },
      status: 201,
    });
    expect(made.key).toMatch(/^hilo_[\w-]{43}$/);
    expect((await read(meSchema, { key: made.key }, "GET /api/me")).agent.role).toBe("viewer");
    const keys = async () => (await read(pageOf(v.strictObject(apiKeySchema.entries)), { key }, "GET /api/api-keys")).items;
    const listed = (await keys()).find(({ id }) => id === made.id);
    const { key: _, ...shown } = made;
    expect(listed).toEqual({ ...shown, lastUsedAt: listed?.lastUsedAt });
    expect(listed?.lastUsedAt).toEqual(expect.any(Number));
    expect(listed?.createdBy).toEqual({ id: deployment.owner.agent.id, name: deployment.owner.agent.name });
    expect((await call({ key }, `DELETE /api/api-keys/${made.id}`)).status).toBe(204);
    await refused({ key: made.key }, "GET /api/me", [401, "not_signed_in"]);
    await refused({ key }, `DELETE /api/api-keys/${made.id}`, [404, "not_found"]);
    await refused({ cookie }, "POST /api/api-keys", [422, "invalid"], { body: {} });
  });
});

describe("settings", () => {
  test("are changed field by field, and the widget hears of it", async () => {
    const before = await read(settingsSchema, { key }, "GET /api/settings");
    expect(before).toEqual(v.parse(settingsSchema, { company: "Acme", mail: { undoSeconds: 0 } }));
    const patch = async (body: unknown) => read(settingsSchema, { key }, "PATCH /api/settings", { body });
    const after = await patch({
      widget: { colour: "#ff0000", allowedOrigins: ["https://*.shop.example"] },
      mail: { locale: "es" },
    });
    expect(after).toEqual({
      ...before,
      widget: { ...before.widget, colour: "#ff0000", allowedOrigins: ["https://*.shop.example"] },
      mail: { ...before.mail, locale: "es" },
    });
    expect(await patch({ company: "Acme & Co" })).toEqual({ ...after, company: "Acme & Co" });
    expect(await read(settingsSchema, { key }, "GET /api/settings")).toEqual({ ...after, company: "Acme & Co" });
    const config = await read(v.strictObject(widgetConfigSchema.entries), null, "GET /widget/config");
    expect(config).toMatchObject({ company: "Acme & Co", colour: "#ff0000", position: "right" });
  });

  test("422 for values that are none, and nothing changes", async () => {
    const before = await read(settingsSchema, { key }, "GET /api/settings");
    for (const body of [
      { widget: { colour: "red" } },
      { widget: { position: "top" } },
      { widget: { allowedOrigins: ["shop.example"] } },
      { widget: { greeting: { en: "x".repeat(501) } } },
      { mail: { undoSeconds: 61 } },
      { hours: { days: [{ day: 8, from: 0, to: 1 }] } },
      { hours: { timeZone: "Mars/Olympus" } },
      { company: "" },
    ])
      await refused({ key }, "PATCH /api/settings", [422, "invalid"], { body });
    expect(await read(settingsSchema, { key }, "GET /api/settings")).toEqual(before);
  });
});

describe("mailboxes", () => {
  test("are listed and added; 409 for a known one, 422 for one whose reply addresses would not fit", async () => {
    const made = await read(mailboxSchema, { key }, "POST /api/mailboxes", {
      body: { address: "Press@Acme.test", name: "Press" },
      status: 201,
    });
    expect(made).toEqual({
      id: made.id,
      address: "press@acme.test",
      name: "Press",
      signature: null,
      locale: null,
      assigneeId: null,
      hasReceipt: false,
      hasOutOfHours: false,
      brakeOffUntil: null,
      createdAt: made.createdAt,
    });
    const { items } = await read(pageOf(mailboxSchema), { key }, "GET /api/mailboxes");
    expect(items.map(({ address }) => address)).toEqual([MAILBOX, ...OTHER_MAILBOXES, "press@acme.test"]);
    await refused({ key }, "POST /api/mailboxes", [409, "taken"], { body: { address: MAILBOX } });
    await refused({ key }, "POST /api/mailboxes", [422, "invalid"], { body: { address: `${"m".repeat(25)}@acme.test` } });
    await refused({ key }, "POST /api/mailboxes", [422, "invalid"], { body: { address: "no address" } });
  });
});

describe("addresses that are none", () => {
  test("404 as problem+json, whatever the method", async () => {
    for (const route of [
      "GET /api/nothing",
      "POST /api/me",
      "DELETE /api/settings",
      "GET /api",
      "PUT /api/conversations",
      "POST /nothing",
    ])
      await refused({ key }, route, [404, "not_found"]);
    await refused(null, "GET /widget/nothing.js", [404, "not_found"]);
    await refused(null, "POST /widget/nothing", [404, "not_found"]);
    await refused(null, "GET /email/nothing", [404, "not_found"]);
    await refused(null, "GET /files/nothing", [404, "not_found"]);
  });

  test("answers of the API are never kept by caches", async () => {
    for (const route of ["GET /api/me", "GET /api/conversations", "GET /api/nothing"])
      expect((await call({ key }, route)).headers.get("cache-control")).toBe("no-store");
  });
});
