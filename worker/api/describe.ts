/** What a route takes and gives, kept beside its handler: the OpenAPI page is made from it. */
import type { MiddlewareHandler } from "hono";
import type * as v from "valibot";

export interface RouteDescription {
  summary: string;
  query?: v.GenericSchema;
  body?: v.GenericSchema;
  response?: v.GenericSchema;
  /** Of the answer when it works; 200 where nothing else is said. */
  status?: number;
  /** What is asked for instead of an agent's sign-in: the name of a security scheme. */
  security?: "visitorToken" | "mailSecret";
}

const descriptions = new WeakMap<object, RouteDescription>();

/** A middleware that only carries the description. */
export function describe(description: RouteDescription): MiddlewareHandler {
  // One function a route: it is the key that its description is found by.
  const handler: MiddlewareHandler = (_c, next) =>
    descriptions.has(handler) ? next() : Promise.reject(new Error("not described"));
  descriptions.set(handler, description);
  return handler;
}

export function descriptionOf(handler: object): RouteDescription | undefined {
  return descriptions.get(handler);
}
