import { useQueryCache } from "@pinia/colada";
import { computed, ref, watch, type Ref } from "vue";
import type { Settings, SettingsAnswer, SettingsPatch } from "../../../worker/domain/settings.ts";
import { ApiError, request } from "../api/http.ts";
import { QUERY_KEYS, useSettings } from "../api/queries.ts";
import { useFailure } from "../api/use-failure.ts";
import { useText } from "../i18n/use-text.ts";
import { showNotice } from "../ui/toasts.ts";

interface SettingsDraftOptions<T> {
  /** The part of the settings that this page edits. */
  pick: (settings: Settings) => T;
  /** What is sent for it. */
  toPatch: (draft: T) => SettingsPatch;
}

/** An editable copy of a part of the settings: changes stay here until they are saved, and can be thrown away. */
export function useSettingsDraft<T extends object>({ pick, toPatch }: SettingsDraftOptions<T>) {
  const { t } = useText();
  const { describeFailure } = useFailure();
  const cache = useQueryCache();
  const query = useSettings();
  const draft = ref(null) as Ref<T | null>;
  const isBusy = ref(false);
  const failure = ref("");

  const stored = computed(() => (query.data.value ? JSON.stringify(pick(query.data.value)) : null));
  const isDirty = computed(() => draft.value !== null && JSON.stringify(draft.value) !== stored.value);

  function discard(): void {
    failure.value = "";
    if (stored.value !== null) draft.value = JSON.parse(stored.value);
  }

  async function save(): Promise<void> {
    if (!draft.value) return;
    isBusy.value = true;
    failure.value = "";
    try {
      const settings = await request<SettingsAnswer>("/api/settings", { method: "PATCH", body: toPatch(draft.value) });
      cache.setQueryData(QUERY_KEYS.settings, settings);
      discard();
      showNotice(t("action.saved"));
    } catch (error) {
      const { text, detail } = describeFailure(error);
      const isInvalid = error instanceof ApiError && (error.status === 400 || error.status === 422);
      failure.value = isInvalid ? t("settings.invalid", { detail: text }) : [text, detail].filter(Boolean).join(" ");
    } finally {
      isBusy.value = false;
    }
  }

  // What the server has fills the form once, and never over changes that were not saved.
  watch(
    stored,
    () => {
      if (draft.value === null || !isDirty.value) discard();
    },
    { immediate: true },
  );
  /** All that `SettingsForm` asks for, to be bound to it. */
  const form = computed(() => ({
    isReady: draft.value !== null,
    error: query.error.value,
    isDirty: isDirty.value,
    isBusy: isBusy.value,
    failure: failure.value,
    onSave: save,
    onDiscard: discard,
    onRetry: () => void query.refetch(),
  }));
  return { draft, form };
}
