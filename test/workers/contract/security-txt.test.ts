import { beforeEach, expect, test } from "vitest";
import { settingsAnswerSchema } from "../../../worker/domain/settings.ts";
import { freshDeployment } from "../support/deployment.ts";
import { ORIGIN, call, read, refused } from "../support/http.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

test("security.txt is there where the settings name a contact, for everybody, and else missing", async () => {
  await refused(null, "GET /.well-known/security.txt", [404, "not_found"]);
  const contact = "security@acme.test";
  const changed = await read(settingsAnswerSchema, { key }, "PATCH /api/settings", { body: { security: { contact } } });
  expect(changed.security).toEqual({ contact: "mailto:security@acme.test" });
  const { status, headers, body } = await call(null, "GET /.well-known/security.txt");
  expect([status, headers.get("content-type"), headers.get("cache-control")]).toEqual([
    200,
    "text/plain; charset=utf-8",
    "public, max-age=3600",
  ]);
  expect(body).toMatch(/^Contact: mailto:security@acme\.test\nExpires: 20\d\d-\d\d-\d\dT00:00:00\.000Z\n/);
  expect(body).toContain(`Canonical: ${ORIGIN}/.well-known/security.txt\n`);
  await read(settingsAnswerSchema, { key }, "PATCH /api/settings", { body: { security: { contact: "" } } });
  await refused(null, "GET /.well-known/security.txt", [404, "not_found"]);
});

test("a contact that nobody could follow is refused, and nothing else changes", async () => {
  await refused({ key }, "PATCH /api/settings", [422, "invalid"], { body: { security: { contact: "ftp://acme.test" } } });
  const settings = await read(settingsAnswerSchema, { key }, "GET /api/settings");
  expect([settings.security.contact, settings.company]).toEqual(["", "Acme"]);
});
