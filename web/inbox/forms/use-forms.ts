import { useQuery } from "@pinia/colada";
import { computed } from "vue";
import type { ContactForm } from "../../../worker/domain/sender-shapes.ts";
import { request } from "../api/http.ts";
import { QUERY_KEYS, readAllPages, useInvalidate } from "../api/queries.ts";
import { useFailure } from "../api/use-failure.ts";
import { useText } from "../i18n/use-text.ts";
import { showNotice } from "../ui/toasts.ts";

const pathOf = (address: string) => `/api/forms/${encodeURIComponent(address)}`;

/** Addresses that were called contact forms, senders that look like one, and what an admin can say about them. */
export function useForms() {
  const { t } = useText();
  const { tryOrReport } = useFailure();
  const invalidate = useInvalidate();
  const { data } = useQuery({
    key: QUERY_KEYS.forms,
    query: () => readAllPages<ContactForm>("/api/forms"),
    staleTime: 60_000,
  });
  const states = computed(() => new Map((data.value ?? []).map(({ address, state }) => [address, state])));

  async function change(address: string, method: "PUT" | "DELETE"): Promise<void> {
    await tryOrReport(async () => {
      await request(pathOf(address), { method });
      await invalidate(QUERY_KEYS.forms);
      showNotice(t(method === "PUT" ? "forms.called" : "forms.uncalled", { address }));
    });
  }

  return {
    called: computed(() => (data.value ?? []).filter(({ state }) => state === "called").map(({ address }) => address)),
    stateOf: (address: string) => states.value.get(address) ?? null,
    call: (address: string) => change(address, "PUT"),
    uncall: (address: string) => change(address, "DELETE"),
  };
}
