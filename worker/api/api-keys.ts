/** API keys: each does at most what its maker may do at present (T22). */
import { Hono } from "hono";
import { newToken, sha256Hex } from "../auth/hmac.ts";
import { deleteApiKey, findKeyMaker, insertApiKey, listApiKeys } from "../db/agents.ts";
import { apiKeyCreateSchema, apiKeyCreatedSchema, apiKeySchema, pageOf, pageQuerySchema } from "../domain/api-shapes.ts";
import { canManage, hasRole } from "../domain/roles.ts";
import { endListSockets } from "./after-answer.ts";
import type { AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBody, readId, readQuery } from "./input.ts";
import { newId } from "./new-id.ts";
import { pageOfAll } from "./page-of-all.ts";
import { AppError } from "./problems.ts";

/** Bytes of randomness in an API key. */
const API_KEY_BYTES = 32;

export const apiKeysApi = new Hono<AppEnv>()
  .get(
    "/",
    describe({ summary: "All API keys, without the keys themselves", query: pageQuerySchema, response: pageOf(apiKeySchema) }),
    async (c) => c.json(pageOfAll(await listApiKeys(c.get("db")), readQuery(c, pageQuerySchema))),
  )
  .post(
    "/",
    describe({
      summary: "Make an API key; it is shown once",
      body: apiKeyCreateSchema,
      response: apiKeyCreatedSchema,
      status: 201,
    }),
    async (c) => {
      const { name, role, expiresAt } = await readBody(c, apiKeyCreateSchema);
      const maker = c.get("agent");
      const now = Date.now();
      if (!hasRole(maker.role, role)) throw new AppError("not_allowed", "A key cannot do more than you.");
      if (expiresAt !== null && expiresAt <= now) throw new AppError("invalid", "expiresAt: is in the past");
      const key = `hilo_${newToken(API_KEY_BYTES)}`;
      const row = { id: newId(), name, role, createdAt: now, lastUsedAt: null, expiresAt };
      await insertApiKey(c.get("db"), { ...row, hash: await sha256Hex(key), createdBy: maker.id });
      return c.json({ ...row, createdBy: { id: maker.id, name: maker.name }, key }, 201);
    },
  )
  .delete("/:id", describe({ summary: "Delete an API key", status: 204 }), async (c) => {
    const id = readId(c, "id");
    const maker = await findKeyMaker(c.get("db"), id);
    if (maker === null) throw new AppError("not_found", "There is no such key.");
    if (!canManage(c.get("agent"), maker.role))
      throw new AppError("not_allowed", "This key is somebody's whose role is above yours.");
    if (!(await deleteApiKey(c.get("db"), id))) throw new AppError("not_found", "There is no such key.");
    await endListSockets(c, maker.id, { only: `key:${id}` });
    return c.body(null, 204);
  });
