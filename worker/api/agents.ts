/** Agents: who they are, what they may do, how they get in and how they leave. */
import { Hono } from "hono";
import type * as v from "valibot";
import { mailInvitation, makeLink, shownUrl, type MadeLink } from "../auth/account-links.ts";
import { hashNewPassword } from "../auth/new-password.ts";
import { deleteLinks, replaceLink } from "../db/account-links.ts";
import {
  deleteApiKeysOf,
  findMembership,
  insertAgent,
  insertInvitedAgent,
  insertPassword,
  listAgents,
  updateName,
  updateRole,
  type Membership,
} from "../db/agents.ts";
import { removeAgent, restoreAgent } from "../db/removed-agents.ts";
import { deleteForwardingKey } from "../db/forwarding-keys.ts";
import { deleteSessions } from "../db/sessions.ts";
import { invitationSchema, invitedAgentSchema, listedAgentSchema, type Invitation } from "../domain/account-shapes.ts";
import { agentCreateSchema, agentPatchSchema, agentSchema, pageOf, pageQuerySchema, type Agent } from "../domain/api-shapes.ts";
import { canChangeRole, canManage, hasRole, type Role } from "../domain/roles.ts";
import { releaseConversations, releaseSoon } from "../release-conversations.ts";
import { afterAnswer, endListSockets } from "./after-answer.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBody, readId, readQuery } from "./input.ts";
import { newId } from "./new-id.ts";
import { pageOfAll } from "./page-of-all.ts";
import { AppError } from "./problems.ts";
import { isConstraint } from "./setup.ts";

export const agentsApi = new Hono<AppEnv>()
  .get("/", describe({ summary: "All agents", query: pageQuerySchema, response: pageOf(listedAgentSchema) }), async (c) =>
    c.json(pageOfAll(await listAgents(c.get("db")), readQuery(c, pageQuerySchema))),
  )
  .post(
    "/",
    describe({
      summary: "Invite an agent, or bring back one who was removed",
      body: agentCreateSchema,
      response: invitedAgentSchema,
      status: 201,
    }),
    async (c) => {
      const body = await readBody(c, agentCreateSchema);
      if (!canChangeRole(c.get("agent"), { id: null, from: null }, body.role))
        throw new AppError("not_allowed", "You may not give this role.");
      const known = await findMembership(c.get("db"), { email: body.email });
      if (known !== null && !known.isRemoved) throw taken();
      return c.json(await (body.password === undefined ? invite(c, body, known) : addWithPassword(c, body, known)), 201);
    },
  )
  .patch(
    "/:id",
    describe({ summary: "Change an agent's role, or one's own name", body: agentPatchSchema, response: agentSchema }),
    async (c) => {
      const { name, role } = await readBody(c, agentPatchSchema);
      const agent = await memberOf(c);
      // A name is what colleagues and customers know somebody by (T22).
      if (name !== undefined && agent.id !== c.get("agent").id)
        throw new AppError("not_allowed", "A name is changed by its owner.");
      if (role !== undefined) await changeRole(c, agent, role);
      if (name !== undefined) await updateName(c.get("db"), agent.id, name, Date.now());
      return c.json({ ...toAgent(agent), name: name ?? agent.name, role: role ?? agent.role });
    },
  )
  .delete("/:id", describe({ summary: "Remove an agent: signed out everywhere at once", status: 204 }), async (c) => {
    const agent = await memberOf(c);
    const actor = c.get("agent");
    if (!canManage(actor, agent.role) || (actor.isKey && agent.id === actor.id))
      throw new AppError("not_allowed", "You may not remove this agent.");
    if (!(await removeAgent(c.get("db"), { id: agent.id, by: actor.id, now: Date.now() })))
      throw new AppError("conflict", "The last owner cannot be removed.");
    await endListSockets(c, agent.id);
    // Most have few; the others' go on after the answer, and cron goes on where that does not come to its end.
    await releaseConversations(c.env, agent.id, 1);
    afterAnswer(c, "release", releaseSoon(c.env, agent.id));
    return c.body(null, 204);
  })
  .post(
    "/:id/invitation",
    describe({ summary: "A new invitation; the one before ends", response: invitationSchema, status: 201 }),
    async (c) => {
      const agent = await invitedOf(c);
      const link = await makeLink("invitation", agent.id, Date.now());
      await c.get("db").batch([...replaceLink(c.get("db"), link.row)]);
      return c.json(await invitationOf(c, agent, link), 201);
    },
  )
  .delete("/:id/invitation", describe({ summary: "Revoke an invitation", status: 204 }), async (c) => {
    await deleteLinks(c.get("db"), (await invitedOf(c)).id, ["invitation"]);
    return c.body(null, 204);
  });

type NewAgentBody = v.InferOutput<typeof agentCreateSchema>;

/** Who comes back keeps their id, and the name that stands on what they wrote. */
async function invite(c: AppContext, body: NewAgentBody, known: Membership | null) {
  const [db, now] = [c.get("db"), Date.now()];
  const agent: Agent = { id: known?.id ?? newId(), name: known?.name ?? body.name, email: body.email, role: body.role };
  const link = await makeLink("invitation", agent.id, now);
  await claimAddress(async () =>
    known === null
      ? db.batch([insertInvitedAgent(db, { ...agent, now }), ...replaceLink(db, link.row)])
      : db.batch([...restoreAgent(db, { ...agent, now }), ...replaceLink(db, link.row)]),
  );
  return { ...agent, invitation: await invitationOf(c, agent, link) };
}

/** For programs that set a deployment up: nobody is invited, and the password is told by other means. */
async function addWithPassword(c: AppContext, body: NewAgentBody, known: Membership | null): Promise<Agent> {
  const [db, now] = [c.get("db"), Date.now()];
  const agent: Agent = { id: known?.id ?? newId(), name: known?.name ?? body.name, email: body.email, role: body.role };
  const passwordHash = await hashNewPassword(c, { ...agent, password: body.password ?? "" });
  const secret = { passwordHash, accountId: newId(), now };
  await claimAddress(async () =>
    known === null
      ? db.batch([...insertAgent(db, { ...agent, ...secret })])
      : db.batch([...restoreAgent(db, { ...agent, now }), insertPassword(db, { ...secret, agentId: agent.id })]),
  );
  return agent;
}

/** @throws AppError taken where two invite the same address at the same instant */
async function claimAddress(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw isConstraint(error) ? taken() : error;
  }
}

const taken = () => new AppError("taken", "An agent has this address.");

async function invitationOf(c: AppContext, { id, name, email }: Agent, link: MadeLink): Promise<Invitation> {
  const isMailed = await mailInvitation(c, { to: { agentId: id, name, email }, link });
  return { url: shownUrl(c, link), expiresAt: link.row.expiresAt, isMailed };
}

async function changeRole(c: AppContext, agent: Membership, role: Role): Promise<void> {
  if (!canChangeRole(c.get("agent"), { id: agent.id, from: agent.role }, role))
    throw new AppError("not_allowed", "You may not give this role.");
  const db = c.get("db");
  if (!(await updateRole(db, agent.id, role, Date.now())))
    throw new AppError("conflict", "The last owner cannot be given another role.");
  // Who may see nothing any more is out for good: a key of theirs does not work again when they are let in again.
  if (!hasRole(role, "viewer"))
    await db.batch([deleteSessions(db, agent.id), deleteApiKeysOf(db, agent.id), deleteForwardingKey(db, agent.id)]);
  if (!hasRole(role, agent.role)) await endListSockets(c, agent.id);
}

/** @throws AppError not_found also for who was removed */
async function memberOf(c: AppContext): Promise<Membership> {
  const agent = await findMembership(c.get("db"), { id: readId(c, "id") });
  if (agent === null || agent.isRemoved) throw new AppError("not_found", "There is no such agent.");
  return agent;
}

/** @throws AppError not_found, not_allowed, or already_joined for who has ever chosen a password */
async function invitedOf(c: AppContext): Promise<Membership> {
  const agent = await memberOf(c);
  if (!canManage(c.get("agent"), agent.role)) throw new AppError("not_allowed", "Their role is above yours.");
  if (agent.hasJoined) throw new AppError("already_joined", "They have a password. Who forgets it has a new one mailed.");
  return agent;
}

const toAgent = ({ id, name, email, role }: Membership): Agent => ({ id, name, email, role });
