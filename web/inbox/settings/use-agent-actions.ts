import { ref } from "vue";
import type { Invitation, ListedAgent } from "../../../worker/domain/account-shapes.ts";
import type { Agent } from "../../../worker/domain/api-shapes.ts";
import type { Role } from "../../../worker/domain/roles.ts";
import { request } from "../api/http.ts";
import { QUERY_KEYS, useInvalidate } from "../api/queries.ts";
import { useFailure } from "../api/use-failure.ts";
import { useText } from "../i18n/use-text.ts";
import { withPassword } from "../session/password-proof.ts";
import { showNotice } from "../ui/toasts.ts";
import { ROLE_NAMES } from "./role-names.ts";

const pathOf = (agent: ListedAgent, rest = "") => `/api/agents/${encodeURIComponent(agent.id)}${rest}`;

/** What an administrator does with one agent of the list, and what is shown of it. */
export function useAgentActions() {
  const { t } = useText();
  const invalidate = useInvalidate();
  const { tryOrReport } = useFailure();
  /** A new link, shown until it is put away. */
  const renewed = ref<{ agent: ListedAgent; invitation: Invitation } | null>(null);
  /** Who is to be removed, once that is confirmed. */
  const doomed = ref<ListedAgent | null>(null);

  async function carryOut<T>(action: () => Promise<T>): Promise<T | undefined> {
    const done = await tryOrReport(action);
    await invalidate(QUERY_KEYS.agents);
    return done;
  }

  /** @returns whether it was deleted */
  const deleted = (path: string) =>
    carryOut(async () => {
      await request(path, { method: "DELETE" });
      return true;
    });

  async function changeRole(agent: ListedAgent, role: Role): Promise<void> {
    const changed = await carryOut(() => request<Agent>(pathOf(agent), { method: "PATCH", body: { role } }));
    if (changed) showNotice(t("agents.roleChanged", { name: changed.name, role: t(ROLE_NAMES[changed.role]) }));
  }

  async function inviteAgain(agent: ListedAgent): Promise<void> {
    const path = pathOf(agent, "/invitation");
    const invitation = await carryOut(() => withPassword(() => request<Invitation>(path, { method: "POST" })));
    if (invitation) renewed.value = { agent, invitation };
  }

  async function revoke(agent: ListedAgent): Promise<void> {
    if (await deleted(pathOf(agent, "/invitation"))) showNotice(t("agents.revoked", { name: agent.name }));
  }

  async function remove(agent: ListedAgent | null): Promise<void> {
    if (agent && (await deleted(pathOf(agent)))) showNotice(t("agents.removed", { name: agent.name }));
  }

  return { changeRole, inviteAgain, revoke, remove, renewed, doomed };
}
