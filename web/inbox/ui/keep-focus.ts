import { nextTick } from "vue";

/** Where a button stands: what is left there when its own action has taken it away. */
export const placeOf = ({ currentTarget }: Event, selector: string): HTMLElement | null =>
  currentTarget instanceof Element ? currentTarget.closest<HTMLElement>(selector) : null;

/** Puts a focus that was lost to the page on the first control that is left at this place, else on the place itself. */
export async function keepFocus(place: HTMLElement | null): Promise<void> {
  await nextTick();
  if (document.activeElement !== null && document.activeElement !== document.body) return;
  (place?.querySelector<HTMLElement>("a[href], button:not(:disabled)") ?? place)?.focus();
}
