import { computed, reactive, ref, toValue, watch, type MaybeRefOrGetter } from "vue";
import { useMailboxes } from "../api/queries.ts";
import { useText } from "../i18n/use-text.ts";
import { NO_COPIES, countExcess, problemOfCopy, type Copies, type CopyKind } from "./copies.ts";
import { loadCopies, saveCopies } from "./copies-storage.ts";
import type { DraftPlace } from "./draft-storage.ts";

interface CopiesOptions {
  /** Where they are kept with the draft; without it they live as long as the form. */
  place?: DraftPlace;
  /** Nothing is asked of the server before it is an email. */
  isEmail?: MaybeRefOrGetter<boolean>;
}

/** Cc and Bcc of an email that is being written: who, which fields are open, and what is wrong with them. */
export function useCopies({ place, isEmail = true }: CopiesOptions = {}) {
  const { t } = useText();
  const { data: mailboxes } = useMailboxes();
  const copies = ref<Copies>(place ? loadCopies(place) : NO_COPIES);
  const shown = reactive({ cc: copies.value.cc.length > 0, bcc: copies.value.bcc.length > 0 });
  if (place) watch(copies, (now) => saveCopies(place, now));

  function set(kind: CopyKind, addresses: string[]): void {
    // Nobody gets it twice: an address moves to the field that it was put into last.
    const other = kind === "cc" ? "bcc" : "cc";
    const rest = copies.value[other].filter((address) => !addresses.includes(address));
    copies.value = { ...NO_COPIES, [kind]: [...new Set(addresses)], [other]: rest };
  }

  function replace(next: Copies): void {
    copies.value = next;
    Object.assign(shown, { cc: next.cc.length > 0, bcc: next.bcc.length > 0 });
  }

  function describeProblem(address: string): string {
    const problem = problemOfCopy(address, mailboxes.value ?? []);
    if (problem === null) return "";
    return t(problem === "own-mailbox" ? "copies.ownMailbox" : "copies.notAnAddress", { address });
  }

  const excess = computed(() => countExcess(copies.value));
  const hasProblem = computed(
    () =>
      toValue(isEmail) &&
      (excess.value > 0 || [...copies.value.cc, ...copies.value.bcc].some((address) => describeProblem(address) !== "")),
  );

  return {
    copies,
    shown,
    excess,
    hasProblem,
    describeProblem,
    set,
    add: (addresses: string[]) => {
      shown.cc = true;
      set("cc", [...copies.value.cc, ...addresses]);
    },
    replace,
    clear: () => replace(NO_COPIES),
  };
}

export type CopiesForm = ReturnType<typeof useCopies>;
