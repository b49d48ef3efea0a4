import { defineStore } from "pinia";
import { computed, ref } from "vue";
import type { Agent, Me, SetupState } from "../../../worker/domain/api-shapes.ts";
import { ApiError, request } from "../api/http.ts";
import { hasRole } from "./roles.ts";

/** Who uses this page: unknown until asked, then an agent, nobody, or nobody yet because Hilo is not set up. */
export type SessionState =
  | { kind: "unknown" }
  | { kind: "signed-in"; agent: Agent }
  | { kind: "signed-out" }
  | { kind: "not-set-up"; needsToken: boolean };

async function readSession(): Promise<SessionState> {
  try {
    const { agent } = await request<Me>("/api/me");
    return { kind: "signed-in", agent };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
  const { isDone, needsToken } = await request<SetupState>("/api/setup");
  return isDone ? { kind: "signed-out" } : { kind: "not-set-up", needsToken };
}

/** Leaves by a full page load, so that nothing of this agent's data stays in memory. */
async function signOut(): Promise<void> {
  await request("/api/auth/sign-out", { method: "POST", body: {} });
  window.location.assign("/sign-in");
}

export const useSession = defineStore("session", () => {
  const state = ref<SessionState>({ kind: "unknown" });
  const agent = computed(() => (state.value.kind === "signed-in" ? state.value.agent : null));
  const role = computed(() => agent.value?.role ?? "none");

  async function load(): Promise<SessionState> {
    state.value = await readSession();
    return state.value;
  }

  async function signIn(email: string, password: string): Promise<void> {
    await request("/api/auth/sign-in/email", { method: "POST", body: { email, password } });
    await load();
  }

  return {
    state,
    agent,
    myId: computed(() => agent.value?.id ?? ""),
    canRead: computed(() => hasRole(role.value, "viewer")),
    canReply: computed(() => hasRole(role.value, "agent")),
    canAdminister: computed(() => hasRole(role.value, "admin")),
    load,
    signIn,
    signOut,
  };
});
