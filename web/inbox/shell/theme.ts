import { useStorage } from "@vueuse/core";
import { watch } from "vue";
import type { TextKey } from "../i18n/use-text.ts";

export type Theme = "system" | "light" | "dark";
export const THEMES: readonly Theme[] = ["system", "light", "dark"];
export const THEME_NAMES = {
  system: "menu.themeSystem",
  light: "menu.themeLight",
  dark: "menu.themeDark",
} as const satisfies Record<Theme, TextKey>;

const theme = useStorage<Theme>("hilo.theme", "system");

/** The agent's choice of colours on this device. */
export function useTheme() {
  return theme;
}

/** Keeps the root element's `data-theme` in step with the choice; the tokens follow from there. */
export function startTheme(): void {
  watch(
    theme,
    (value) => {
      if (value === "light" || value === "dark") document.documentElement.dataset["theme"] = value;
      else delete document.documentElement.dataset["theme"];
    },
    { immediate: true },
  );
}
