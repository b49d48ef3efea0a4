import { readonly, ref } from "vue";
import type { Agent } from "../../../worker/domain/api-shapes.ts";
import { ApiError, onSignedOut, request } from "../api/http.ts";
import { openTabs, type TabNews } from "./tabs.ts";

/** Whether this page's session is over: it shows what it has, and sends nothing any more. */
export function useSessionEnd(agent: () => Agent | null) {
  const isEnded = ref(false);
  const { tell } = openTabs((news: TabNews) => {
    // Who signs in as somebody else has taken this page's cookie away.
    const isElse = news.kind === "signed-in" && news.agentId !== agent()?.id;
    if (agent() !== null && (news.kind === "signed-out" || isElse)) isEnded.value = true;
  });

  /** Asked where something looks like the end: a refused request, a closed socket. */
  async function check(): Promise<void> {
    if (agent() === null || isEnded.value) return;
    // A request that was under way while the cookie was renewed is no end: the server is asked once more.
    await request("/api/me").catch((error: unknown) => {
      if (error instanceof ApiError && error.code === "not_signed_in") isEnded.value = true;
    });
  }

  let isChecking = false;
  onSignedOut(async () => {
    if (isChecking) return;
    isChecking = true;
    await check();
    isChecking = false;
  });

  return { isEnded: readonly(isEnded), check, tell };
}
