import { useDebounceFn } from "@vueuse/core";
import { computed, ref, toValue, watch, type MaybeRefOrGetter } from "vue";
import type { LiveConversation } from "../conversation/use-conversation.ts";
import { loadDraft, saveDraft, type DraftKind, type StoredDraft } from "./draft-storage.ts";

/** The draft goes to the server this long after the last key. */
const DRAFT_DELAY_MS = 1_000;

const empty = (): StoredDraft => ({ text: "", guardSeq: 0 });

/** The texts in the composer of one conversation, one for the customer and one for notes; kept on this device and on the server. */
export function useDraft(live: LiveConversation, kind: MaybeRefOrGetter<DraftKind>) {
  const drafts = ref({
    reply: loadDraft(live.id, "reply") ?? empty(),
    note: loadDraft(live.id, "note") ?? empty(),
  });
  const lastSeq = () => live.messages.value.at(-1)?.seq ?? 0;
  const tellServer = useDebounceFn((of: DraftKind) => live.sendDraft(of, drafts.value[of].text), DRAFT_DELAY_MS);

  function setText(text: string): void {
    const of = toValue(kind);
    const before = drafts.value[of];
    // The guard counts from the moment at which a text was begun.
    drafts.value[of] = { text, guardSeq: before.text === "" ? lastSeq() : before.guardSeq };
    saveDraft(live.id, of, drafts.value[of]);
    void tellServer(of);
  }

  /** The agent has seen everything up to now and wants to send nevertheless. */
  function moveGuard(): void {
    const of = toValue(kind);
    drafts.value[of] = { ...drafts.value[of], guardSeq: lastSeq() };
    saveDraft(live.id, of, drafts.value[of]);
  }

  // A draft from another device fills an empty composer, and never replaces what is being written here.
  watch(
    live.serverDrafts,
    (known) => {
      for (const { kind: of, text } of known) if (drafts.value[of].text === "") drafts.value[of] = { text, guardSeq: lastSeq() };
    },
    { immediate: true },
  );

  return {
    text: computed({ get: () => drafts.value[toValue(kind)].text, set: setText }),
    guardSeq: computed(() => drafts.value[toValue(kind)].guardSeq),
    moveGuard,
  };
}
