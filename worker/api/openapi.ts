/** The HTTP surface as OpenAPI 3.1, made from the descriptions and schemas that the routes themselves use. */
import { toJsonSchema } from "@valibot/to-json-schema";
import type { RouterRoute } from "hono/types";
import type * as v from "valibot";
import { PERMISSIONS, PROOFS } from "../auth/permissions.ts";
import { problemSchema } from "../domain/api-shapes.ts";
import { descriptionOf, type RouteDescription } from "./describe.ts";

export function createOpenApi(routes: RouterRoute[]): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const description = descriptionOf(route.handler);
    if (description === undefined) continue;
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, description) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Hilo",
      version: "1",
      description: "Errors are application/problem+json. Times are epoch ms. Ids are UUIDv7.",
    },
    components: {
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "hilo.session_token" },
        visitorToken: { type: "http", scheme: "bearer" },
        mailSecret: { type: "http", scheme: "bearer" },
      },
      schemas: { Problem: schemaOf(problemSchema) },
    },
    paths,
  };
}

function operation(route: RouterRoute, description: RouteDescription): unknown {
  const permission = PERMISSIONS[`${route.method} ${route.path}`] ?? "public";
  const proof = PROOFS[`${route.method} ${route.path}`];
  const parameters = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const status = String(description.status ?? 200);
  return {
    summary: description.summary,
    ...(permission === "public" ? {} : { security: securityOf(proof), "x-role": permission }),
    ...(proof === undefined ? {} : { "x-proof": proof }),
    ...(description.security === undefined ? {} : { security: [{ [description.security]: [] }] }),
    parameters: [...parameters, ...queryParameters(description.query)],
    ...(description.body === undefined ? {} : { requestBody: { required: true, content: contentOf(description.body) } }),
    responses: {
      [status]: {
        description: "It worked",
        ...(description.response === undefined ? {} : { content: contentOf(description.response) }),
      },
      default: {
        description: "It did not",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

/** `x-proof` says what else is asked for: a session, or one that has given its password just now. */
function securityOf(proof: "session" | "password" | undefined): unknown[] {
  return proof === undefined ? [{ apiKey: [] }, { session: [] }] : [{ session: [] }];
}

function contentOf(schema: v.GenericSchema) {
  return { "application/json": { schema: schemaOf(schema) } };
}

function queryParameters(schema: v.GenericSchema | undefined): unknown[] {
  if (schema === undefined) return [];
  const json = schemaOf(schema);
  return Object.entries(json.properties ?? {}).map(([name, property]) => ({
    name,
    in: "query",
    required: json.required?.includes(name) ?? false,
    schema: property,
  }));
}

/** Transforms have no JSON form: the document shows what goes in. */
function schemaOf(schema: v.GenericSchema) {
  return toJsonSchema(schema, { typeMode: "input", errorMode: "ignore" });
}
