import { nextTick, type Ref } from "vue";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import { useShortcuts } from "../shell/use-shortcuts.ts";

const isInList = () => rowOf(document.activeElement) !== null;

interface ListKeysOptions {
  list: Readonly<Ref<{ scrollToIndex: (index: number, options: { align: "nearest" }) => void } | null>>;
  rows: () => readonly Conversation[];
  selectedId: () => string;
}

const rowOf = (element: Element | null) => element?.closest<HTMLElement>("[data-conversation]") ?? null;

/** j, k and the arrows move the focus from row to row; Enter is the link's own. */
export function useListKeys({ list, rows, selectedId }: ListKeysOptions): void {
  function currentIndex(): number {
    const id = rowOf(document.activeElement)?.dataset["conversation"] ?? selectedId();
    return rows().findIndex((row) => row.id === id);
  }

  async function move(step: 1 | -1): Promise<void> {
    const index = Math.max(0, Math.min(rows().length - 1, currentIndex() + step));
    const id = rows()[index]?.id;
    if (id === undefined || !list.value) return;
    list.value.scrollToIndex(index, { align: "nearest" });
    // The row may have to be rendered first; the virtual list does so after the scroll event.
    await nextTick();
    const focusRow = () => document.querySelector<HTMLElement>(`[data-conversation="${CSS.escape(id)}"]`)?.focus();
    focusRow();
    requestAnimationFrame(focusRow);
  }

  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => (isInList() || document.activeElement === document.body ? move(1) : false),
    ArrowUp: () => (isInList() || document.activeElement === document.body ? move(-1) : false),
  });
}
