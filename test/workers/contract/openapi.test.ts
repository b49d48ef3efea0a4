import { beforeAll, expect, test } from "vitest";
import * as v from "valibot";
import { PERMISSIONS, PROOFS } from "../../../worker/auth/permissions.ts";
import { freshDeployment } from "../support/deployment.ts";
import { read } from "../support/http.ts";

const operationSchema = v.looseObject({
  summary: v.string(),
  parameters: v.array(v.looseObject({ name: v.string(), in: v.string() })),
  "x-role": v.optional(v.string()),
  "x-proof": v.optional(v.string()),
  security: v.optional(v.array(v.record(v.string(), v.unknown()))),
  requestBody: v.optional(v.looseObject({ content: v.record(v.string(), v.looseObject({ schema: v.looseObject({}) })) })),
  responses: v.record(v.string(), v.looseObject({ content: v.optional(v.record(v.string(), v.looseObject({}))) })),
});
const documentSchema = v.looseObject({
  openapi: v.literal("3.1.0"),
  paths: v.record(v.string(), v.record(v.string(), operationSchema)),
});

let operations: Map<string, v.InferOutput<typeof operationSchema>>;

beforeAll(async () => {
  await freshDeployment();
  const { paths } = await read(documentSchema, null, "GET /api/openapi.json");
  operations = new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [
        `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`,
        operation,
      ]),
    ),
  );
});

test("lists every route of the API and none that is not there", () => {
  const undocumented = ["GET /api/openapi.json"];
  const expected = Object.keys(PERMISSIONS).filter((route) => !undocumented.includes(route));
  expect([...operations.keys()].filter((route) => route.includes("/api/")).sort()).toEqual(expected.sort());
});

test("says who may call each, which parts its path has, and what errors look like", () => {
  for (const [route, operation] of operations) {
    if (!route.includes("/api/")) continue;
    const permission = PERMISSIONS[route];
    expect([route, operation["x-role"] ?? "public"]).toEqual([route, permission]);
    expect([route, operation["x-proof"]]).toEqual([route, PROOFS[route]]);
    const isForKeys = operation.security?.some((scheme) => "apiKey" in scheme) ?? false;
    expect([route, isForKeys]).toEqual([route, permission !== "public" && PROOFS[route] === undefined]);
    const parts = [...route.matchAll(/:(\w+)/g)].map(([, name]) => name);
    expect(operation.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(parts);
    expect(Object.keys(operation.responses["default"]?.content ?? {})).toEqual(["application/problem+json"]);
  }
});

test("documents the body of every route that takes one", () => {
  const bodiless =
    /\/(complete|reopen|ask-confirmation|part|undo|transcript|url|rebuild|accept|accept-forward|filter|parse|dismiss|let-in|sign-out|invitation|forwarding-address)$|^DELETE|^PUT \/api\/forms\/|^POST \/api\/attachments$/;
  for (const [route, operation] of operations) {
    if (route.startsWith("GET") || bodiless.test(route) || !route.includes("/api/")) continue;
    expect([route, Object.keys(operation.requestBody?.content ?? {})]).toEqual([route, ["application/json"]]);
  }
});

test("lists the query of the conversations", () => {
  const names = operations.get("GET /api/conversations")?.parameters.map(({ name }) => name);
  expect(names).toEqual(["limit", "cursor", "status", "assignee", "unread", "channel", "contact"]);
});

test("lists the widget's and the mail's endpoints: the complete HTTP surface", () => {
  for (const route of [
    "GET /widget/config",
    "POST /widget/conversations",
    "POST /widget/contact",
    "POST /widget/attachments",
    "POST /widget/codes",
    "POST /widget/confirm",
    "POST /widget/session/end",
    "POST /widget/not-me",
    "POST /email/inbound",
  ])
    expect([...operations.keys()]).toContain(route);
});
