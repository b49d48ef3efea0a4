/** Agents and API keys. */
import { Hono } from "hono";
import { newToken, sha256Hex } from "../auth/hmac.ts";
import { authOptions } from "../auth/principal.ts";
import {
  deleteApiKey,
  deleteSessions,
  findAgent,
  findAgentByEmail,
  insertAgent,
  insertApiKey,
  listAgents,
  listApiKeys,
  updateAgent,
} from "../db/agents.ts";
import {
  agentCreateSchema,
  agentCreatedSchema,
  agentPatchSchema,
  agentSchema,
  apiKeyCreateSchema,
  apiKeyCreatedSchema,
  apiKeySchema,
  pageOf,
  pageQuerySchema,
} from "../domain/api-shapes.ts";
import { ROLES, canChangeRole, hasRole } from "../domain/roles.ts";
import { inboxStubFor } from "../objects.ts";
import type { AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBody, readId, readQuery } from "./input.ts";
import { newId } from "./new-id.ts";
import { pageOfAll } from "./page-of-all.ts";
import { AppError } from "./problems.ts";
import { isConstraint } from "./setup.ts";

/** Bytes of randomness in a made-up password and in an API key. */
const PASSWORD_BYTES = 12;
const API_KEY_BYTES = 32;

export const agentsApi = new Hono<AppEnv>()
  .get("/", describe({ summary: "All agents", query: pageQuerySchema, response: pageOf(agentSchema) }), async (c) =>
    c.json(pageOfAll(await listAgents(c.get("db")), readQuery(c, pageQuerySchema))),
  )
  .post(
    "/",
    describe({ summary: "Invite an agent", body: agentCreateSchema, response: agentCreatedSchema, status: 201 }),
    async (c) => {
      const body = await readBody(c, agentCreateSchema);
      if (!canChangeRole(c.get("agent"), { id: null, from: null }, body.role))
        throw new AppError("not_allowed", "Only an owner can make an owner.");
      const db = c.get("db");
      if ((await findAgentByEmail(db, body.email)) !== null) throw new AppError("taken", "An agent has this address.");
      const password = body.password ?? newToken(PASSWORD_BYTES);
      const { hashPassword } = await import("../auth/sessions.ts");
      const passwordHash = await hashPassword(authOptions(c), password);
      const agent = { id: newId(), name: body.name, email: body.email, role: body.role };
      try {
        await db.batch([...insertAgent(db, { ...agent, passwordHash, accountId: newId(), now: Date.now() })]);
      } catch (error) {
        if (isConstraint(error)) throw new AppError("taken", "An agent has this address.");
        throw error;
      }
      return c.json({ ...agent, ...(body.password === undefined ? { password } : {}) }, 201);
    },
  )
  .patch(
    "/:id",
    describe({ summary: "Change an agent's name or role", body: agentPatchSchema, response: agentSchema }),
    async (c) => {
      const body = await readBody(c, agentPatchSchema);
      const db = c.get("db");
      const agent = await findAgent(db, readId(c, "id"));
      if (agent === null) throw new AppError("not_found", "There is no such agent.");
      if (body.role !== undefined && !canChangeRole(c.get("agent"), { id: agent.id, from: agent.role }, body.role))
        throw new AppError("not_allowed", "You may not give this role.");
      if (!(await updateAgent(db, agent.id, body, Date.now())))
        throw new AppError("conflict", "The last owner cannot be given another role.");
      const role = body.role ?? agent.role;
      if (ROLES.indexOf(role) < ROLES.indexOf(agent.role)) {
        if (!hasRole(role, "viewer")) await deleteSessions(db, agent.id);
        // At once; conversations that are open notice at their next look.
        await inboxStubFor(c.env, agent.id)
          .disconnect(agent.id)
          .catch(() => undefined);
      }
      return c.json({ ...agent, name: body.name ?? agent.name, role });
    },
  );

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
      const body = await readBody(c, apiKeyCreateSchema);
      if (!hasRole(c.get("agent").role, body.role)) throw new AppError("not_allowed", "A key cannot do more than you.");
      const key = `hilo_${newToken(API_KEY_BYTES)}`;
      const row = { id: newId(), name: body.name, role: body.role, createdAt: Date.now(), lastUsedAt: null };
      await insertApiKey(c.get("db"), { ...row, hash: await sha256Hex(key), createdBy: c.get("agent").id });
      return c.json({ ...row, key }, 201);
    },
  )
  .delete("/:id", describe({ summary: "Delete an API key", status: 204 }), async (c) => {
    if (!(await deleteApiKey(c.get("db"), readId(c, "id")))) throw new AppError("not_found", "There is no such key.");
    return c.body(null, 204);
  });
