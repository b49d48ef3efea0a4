/** One's own page: name and choices, and the sessions that can be ended. */
import { Hono } from "hono";
import { provePassword } from "../auth/sign-in.ts";
import { loadPreferences, updateName, updatePreferences } from "../db/agents.ts";
import { deleteOtherSessions, deleteSession, listSessions, stampPassword, type StoredSession } from "../db/sessions.ts";
import {
  agentSessionSchema,
  ownPageSchema,
  ownPatchSchema,
  passwordProofSchema,
  type AgentSession,
  type OwnPage,
} from "../domain/account-shapes.ts";
import { pageOf, pageQuerySchema } from "../domain/api-shapes.ts";
import { describeDevice, nameDevice } from "../domain/device-name.ts";
import { endListSockets } from "./after-answer.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBody, readId, readQuery } from "./input.ts";
import { pageOfAll } from "./page-of-all.ts";
import { AppError } from "./problems.ts";

const sessionIdOf = (c: AppContext) => c.get("agent").credential.replace("session:", "");

export const meApi = new Hono<AppEnv>()
  .get("/", describe({ summary: "Who is signed in", response: ownPageSchema }), async (c) => c.json(await pageOfAgent(c, {})))
  .patch(
    "/",
    describe({ summary: "Change one's own name, language or colours", body: ownPatchSchema, response: ownPageSchema }),
    async (c) => {
      const { name, ...preferences } = await readBody(c, ownPatchSchema);
      const { id } = c.get("agent");
      if (name !== undefined) await updateName(c.get("db"), id, name, Date.now());
      await updatePreferences(c.get("db"), id, preferences);
      return c.json(await pageOfAgent(c, name === undefined ? {} : { name }));
    },
  )
  .post(
    "/confirm-password",
    describe({
      summary: "Show that it is still you: for ten minutes what makes credentials asks for no password",
      body: passwordProofSchema,
      status: 204,
    }),
    async (c) => {
      const { password } = await readBody(c, passwordProofSchema);
      await provePassword(c, password);
      await stampPassword(c.get("db"), sessionIdOf(c), Date.now());
      return c.body(null, 204);
    },
  )
  .get(
    "/sessions",
    describe({ summary: "Where one is signed in", query: pageQuerySchema, response: pageOf(agentSessionSchema) }),
    async (c) => {
      const query = readQuery(c, pageQuerySchema);
      const rows = await listSessions(c.get("db"), c.get("agent").id, Date.now());
      return c.json(
        pageOfAll(
          rows.map((row) => toAgentSession(row, sessionIdOf(c))),
          query,
        ),
      );
    },
  )
  .delete("/sessions", describe({ summary: "End all one's other sessions", status: 204 }), async (c) => {
    const { id, credential } = c.get("agent");
    await deleteOtherSessions(c.get("db"), id, sessionIdOf(c));
    await endListSockets(c, id, { except: credential });
    return c.body(null, 204);
  })
  .delete("/sessions/:id", describe({ summary: "End one of one's own sessions", status: 204 }), async (c) => {
    const [agentId, id] = [c.get("agent").id, readId(c, "id")];
    if (!(await deleteSession(c.get("db"), agentId, id))) throw new AppError("not_found", "You have no such session.");
    await endListSockets(c, agentId, { only: `session:${id}` });
    return c.body(null, 204);
  });

async function pageOfAgent(c: AppContext, changed: { name?: string }): Promise<OwnPage> {
  const { id, name, email, role } = c.get("agent");
  return { agent: { id, name, email, role, ...changed }, ...(await loadPreferences(c.get("db"), id)) };
}

function toAgentSession(row: StoredSession, currentId: string): AgentSession {
  const { id, createdAt, lastUsedAt, userAgent, ipAddress } = row;
  const device = nameDevice(userAgent);
  return {
    id,
    isCurrent: id === currentId,
    createdAt: createdAt.getTime(),
    lastUsedAt: lastUsedAt ?? createdAt.getTime(),
    device: describeDevice(device),
    ...device,
    ipAddress: ipAddress === "" ? null : ipAddress,
  };
}
