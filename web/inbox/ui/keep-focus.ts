import { nextTick, type ObjectDirective } from "vue";

interface FocusKeeping {
  /** Selector of what stays around the button. */
  within: string;
  /** Selector of what takes the focus there; else the place itself where it can, or the first control in it. */
  to?: string;
}

const CONTROLS = "a[href], button:not(:disabled)";

/** On a button that its own action takes away: hands the focus on, which would be lost to the page. */
export const vKeepFocus: ObjectDirective<HTMLElement, FocusKeeping> = {
  beforeUnmount(button, { value: { within, to } }) {
    if (document.activeElement !== button) return;
    const place = button.closest<HTMLElement>(within);
    void nextTick(() => {
      if (place?.isConnected !== true || document.activeElement !== document.body) return;
      const target =
        to === undefined && place.hasAttribute("tabindex") ? place : place.querySelector<HTMLElement>(to ?? CONTROLS);
      target?.focus();
    });
  },
};
