import { useDebounceFn, useEventListener } from "@vueuse/core";
import { computed, ref, toValue, watch, type MaybeRefOrGetter } from "vue";
import type { Draft } from "../../../durable-objects/conversation/protocol.ts";
import type { LiveConversation } from "../conversation/use-conversation.ts";
import { useSession } from "../session/session.ts";
import { DRAFT_KINDS, loadDraft, saveDraft, type DraftKind, type StoredDraft } from "./draft-storage.ts";
import { reconcileDraft } from "./reconcile-draft.ts";

/** The draft goes to the server this long after the last key. */
const DRAFT_DELAY_MS = 800;

/** The drafts of this device, and their meeting with what the server says it has. */
function useDraftStore(live: LiveConversation) {
  const place = { agentId: useSession().myId, conversationId: live.id };
  const drafts = ref({ reply: loadDraft(place, "reply"), note: loadDraft(place, "note") });
  const typedHere = new Set<DraftKind>();

  function keep(of: DraftKind, draft: StoredDraft): void {
    if (draft === drafts.value[of]) return;
    drafts.value[of] = draft;
    saveDraft(place, of, draft);
  }

  function type(of: DraftKind, draft: StoredDraft): void {
    typedHere.add(of);
    keep(of, draft);
  }

  function reconcile(of: DraftKind, theirs: Draft | null): void {
    const mine = drafts.value[of];
    keep(of, reconcileDraft({ mine, theirs, isTypedHere: typedHere.has(of), messages: live.messages.value }));
  }

  return { drafts, keep, type, reconcile };
}

/**
 * The texts in the composer of one conversation, one for the customer and one for notes: kept on this device at once and
 * on the server soon after, so that they outlive a reload and are there on the agent's other devices.
 */
export function useDraft(live: LiveConversation, kind: MaybeRefOrGetter<DraftKind>) {
  const { drafts, keep, type, reconcile } = useDraftStore(live);
  const lastSeq = () => live.messages.value.at(-1)?.seq ?? 0;

  function tellServer(): void {
    for (const of of DRAFT_KINDS) if (!drafts.value[of].isSaved) live.sendDraft(of, drafts.value[of].text);
  }
  const tellServerSoon = useDebounceFn(tellServer, DRAFT_DELAY_MS);

  function setText(text: string): void {
    const before = drafts.value[toValue(kind)];
    // The guard counts from the moment at which a text was begun.
    if (before.text !== text) change(text, before.text === "" ? lastSeq() : before.guardSeq);
  }

  function change(text: string, guardSeq: number): void {
    type(toValue(kind), { text, guardSeq, at: Date.now(), isSaved: false });
    // What was just sent is no draft any more, on no device.
    if (text === "") tellServer();
    else void tellServerSoon();
  }

  /** The agent has seen everything up to now and wants to send nevertheless. */
  function moveGuard(): void {
    const of = toValue(kind);
    keep(of, { ...drafts.value[of], guardSeq: lastSeq() });
  }

  watch(
    live.serverDrafts,
    (known) => {
      if (known === null) return;
      for (const of of DRAFT_KINDS) reconcile(of, known.find((draft) => draft.kind === of) ?? null);
      tellServer();
    },
    { immediate: true },
  );
  live.onNotice((notice) => {
    if (notice.kind === "frame" && notice.frame.type === "draft") reconcile(notice.frame.draft.kind, notice.frame.draft);
  });
  live.onLeave(tellServer);
  useEventListener(window, "pagehide", tellServer);

  return {
    text: computed({ get: () => drafts.value[toValue(kind)].text, set: setText }),
    guardSeq: computed(() => drafts.value[toValue(kind)].guardSeq),
    moveGuard,
    /** A text that was refused comes back with the guard that it had. */
    giveBack: change,
  };
}
