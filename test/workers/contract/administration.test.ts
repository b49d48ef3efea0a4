import { beforeEach, describe, expect, test } from "vitest";
import * as v from "valibot";
import {
  agentCreatedSchema,
  agentSchema,
  apiKeyCreatedSchema,
  apiKeySchema,
  mailboxSchema,
  meSchema,
  pageOf,
  widgetConfigSchema,
} from "../../../worker/domain/api-shapes.ts";
import { settingsSchema } from "../../../worker/domain/settings.ts";
import { MAILBOX, OTHER_MAILBOXES, addAgent, freshDeployment, newId, signIn, type Deployment } from "../support/deployment.ts";
import { call, read, refused } from "../support/http.ts";

let deployment: Deployment;
let key: string;

beforeEach(async () => {
  deployment = await freshDeployment();
  ({ key } = deployment.owner);
});

describe("agents", () => {
  test("are invited with a password that is shown once, or with their own, and can sign in", async () => {
    const made = await read(agentCreatedSchema, { key }, "POST /api/agents", {
      body: { name: "Ana", email: "Ana@Acme.test" },
      status: 201,
    });
    expect(made).toEqual({ id: made.id, name: "Ana", email: "ana@acme.test", role: "agent", password: made.password });
    const { password, ...agent } = made;
    const cookie = await signIn("ana@acme.test", password ?? "");
    expect(await read(meSchema, { cookie }, "GET /api/me")).toEqual({ agent });
    const own = await read(agentCreatedSchema, { key }, "POST /api/agents", {
      body: { name: "Ben", email: "ben@acme.test", password: "own password", role: "viewer" },
      status: 201,
    });
    expect(own.password).toBeUndefined();
    await signIn("ben@acme.test", "own password");
    const { items } = await read(pageOf(agentSchema), { key }, "GET /api/agents");
    expect(items.map(({ name, role }) => [name, role])).toEqual([
      [deployment.owner.agent.name, "owner"],
      ["Ana", "agent"],
      ["Ben", "viewer"],
    ]);
    await refused({ key }, "POST /api/agents", [409, "taken"], { body: { name: "Ana", email: "ANA@acme.test" } });
    await refused({ key }, "POST /api/agents", [422, "invalid"], { body: { name: "", email: "x", role: "king" } });
  });

  test("change name and role; 404 for nobody", async () => {
    const { agent } = await addAgent("agent");
    const patch = async (body: unknown) => read(agentSchema, { key }, `PATCH /api/agents/${agent.id}`, { body });
    expect(await patch({ name: "New name" })).toEqual({ ...agent, name: "New name" });
    expect(await patch({ role: "admin" })).toEqual({ ...agent, name: "New name", role: "admin" });
    await refused({ key }, `PATCH /api/agents/${newId()}`, [404, "not_found"], { body: { name: "x" } });
    await refused({ key }, `PATCH /api/agents/${agent.id}`, [422, "invalid"], { body: { role: "god" } });
  });
});

describe("API keys", () => {
  test("are shown once, listed without the secret, note their use, and end", async () => {
    const made = await read(apiKeyCreatedSchema, { key }, "POST /api/api-keys", {
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
    expect((await call({ key }, `DELETE /api/api-keys/${made.id}`)).status).toBe(204);
    await refused({ key: made.key }, "GET /api/me", [401, "not_signed_in"]);
    await refused({ key }, `DELETE /api/api-keys/${made.id}`, [404, "not_found"]);
    await refused({ key }, "POST /api/api-keys", [422, "invalid"], { body: {} });
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
