import { useEventListener } from "@vueuse/core";

/** What a key does; `false` leaves it to the browser. */
type Action = () => unknown;

/** Where keys are text, or belong to a menu or dialog that is open. */
function isTaken(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest("input, textarea, select, [contenteditable], [role=menu], [role=dialog], iframe") !== null;
}

/** Single keys that act while no field has the focus; `event.key` → action. Modifiers other than Shift belong to the browser. */
export function useShortcuts(actions: Record<string, Action>): void {
  useEventListener(document, "keydown", (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target)) return;
    const action = actions[event.key];
    if (action && action() !== false) event.preventDefault();
  });
}
