/**
 * The wire formats as hashes. This fails when a schema changes, so that nobody changes the wire by accident:
 * - an optional addition that an older client may ignore: record the new hash;
 * - anything else: raise PROTOCOL_VERSION (and SUBPROTOCOL), then record it.
 */
import { createHash } from "node:crypto";
import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import { expect, test } from "vitest";
import {
  PROTOCOL_VERSION,
  SUBPROTOCOL,
  clientFrameSchema,
  serverFrameSchema,
} from "../../../durable-objects/conversation/protocol.ts";
import { inboxClientFrameSchema, inboxServerFrameSchema } from "../../../durable-objects/inbox/protocol.ts";

const RECORDED = {
  version: 1,
  conversation: { client: "bd1c46fd0eb1756c", server: "1ebc2cda3988425e" },
  inbox: { client: "f387059828413d58", server: "bfb49f0666a9032d" },
};

/** Keys in one order, so that only a change of meaning changes the hash. */
function stable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, stable(entry)]),
  );
}

function hash(schema: GenericSchema): string {
  return createHash("sha256")
    .update(JSON.stringify(stable(toJsonSchema(schema, { errorMode: "throw" }))))
    .digest("hex")
    .slice(0, 16);
}

test("[P1] the wire has not changed without its version, or its recorded hash", () => {
  expect({
    version: PROTOCOL_VERSION,
    conversation: { client: hash(clientFrameSchema), server: hash(serverFrameSchema) },
    inbox: { client: hash(inboxClientFrameSchema), server: hash(inboxServerFrameSchema) },
  }).toEqual(RECORDED);
});

test("[P1] the subprotocol names the version", () => {
  expect(SUBPROTOCOL).toBe(`hilo.v${PROTOCOL_VERSION}`);
});
