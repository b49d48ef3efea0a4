import { ref, shallowRef } from "vue";
import { useRoute } from "vue-router";
import type { AccountLink } from "../../../worker/domain/account-shapes.ts";
import { ApiError, request } from "../api/http.ts";

/** What a link of a mail is for. The token is in the fragment; looking at it uses nothing up. */
export function useAccountLink() {
  const route = useRoute();
  const token = new URLSearchParams(route.hash.replace(/^#/, "")).get("token") ?? "";
  const state = ref<"checking" | "ready" | "bad" | "failed">("checking");
  const link = shallowRef<AccountLink | null>(null);
  const error = shallowRef<unknown>(null);

  async function check(): Promise<void> {
    state.value = "checking";
    try {
      link.value = await request<AccountLink>("/api/account-links/check", { method: "POST", body: { token } });
      state.value = "ready";
    } catch (failure) {
      error.value = failure;
      // One that was cut short on its way here is no link either.
      state.value = failure instanceof ApiError && [404, 422].includes(failure.status) ? "bad" : "failed";
    }
  }

  void check();
  return { token, state, link, error, check };
}
