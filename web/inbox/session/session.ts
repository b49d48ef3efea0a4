import { defineStore } from "pinia";
import { computed, ref } from "vue";
import type { OwnPage } from "../../../worker/domain/account-shapes.ts";
import type { Agent, SetupState } from "../../../worker/domain/api-shapes.ts";
import { ApiError, request } from "../api/http.ts";
import { applyChoices } from "./own-choices.ts";
import { hasRole } from "./roles.ts";
import { useSessionEnd } from "./session-end.ts";

/** Who uses this page: unknown until asked, then an agent, nobody, or nobody yet because Hilo is not set up. */
export type SessionState =
  | { kind: "unknown" }
  | { kind: "signed-in"; agent: Agent }
  | { kind: "signed-out" }
  | { kind: "not-set-up"; needsToken: boolean };

async function readSession(): Promise<SessionState> {
  try {
    const { agent, ...choices } = await request<OwnPage>("/api/me");
    await applyChoices(choices);
    return { kind: "signed-in", agent };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
  const { isDone, needsToken } = await request<SetupState>("/api/setup");
  return isDone ? { kind: "signed-out" } : { kind: "not-set-up", needsToken };
}

export const useSession = defineStore("session", () => {
  const state = ref<SessionState>({ kind: "unknown" });
  const agent = computed(() => (state.value.kind === "signed-in" ? state.value.agent : null));
  const role = computed(() => agent.value?.role ?? "none");
  const { isEnded, check, tell } = useSessionEnd(() => agent.value);

  async function load(): Promise<SessionState> {
    state.value = await readSession();
    return state.value;
  }

  async function signIn(email: string, password: string): Promise<void> {
    await request("/api/auth/sign-in/email", { method: "POST", body: { email, password } });
    await enter();
  }

  /** In everything that shows it, at once. */
  function rename(name: string): void {
    if (state.value.kind === "signed-in") state.value = { kind: "signed-in", agent: { ...state.value.agent, name } };
  }

  /** After a link has signed somebody in, or a password has. */
  async function enter(): Promise<void> {
    await load();
    if (agent.value !== null) tell({ kind: "signed-in", agentId: agent.value.id });
  }

  /** As {@link enter}, by a full page load: a page that was open as somebody else keeps nothing of them in memory. */
  async function enterAnew(): Promise<void> {
    await enter();
    window.location.assign("/");
  }

  /** Leaves by a full page load, so that nothing of this agent's data stays in memory; the other tabs know at once. */
  async function signOut(): Promise<void> {
    await request("/api/auth/sign-out", { method: "POST", body: {} });
    tell({ kind: "signed-out" });
    window.location.assign("/sign-in");
  }

  return {
    state,
    agent,
    myId: computed(() => agent.value?.id ?? ""),
    canRead: computed(() => hasRole(role.value, "viewer")),
    canReply: computed(() => hasRole(role.value, "agent") && !isEnded.value),
    canAdminister: computed(() => hasRole(role.value, "admin")),
    isEnded,
    check,
    enterAnew,
    load,
    rename,
    signIn,
    signOut,
  };
});
