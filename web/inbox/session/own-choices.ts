import type { Preferences } from "../../../worker/domain/account-shapes.ts";
import { request } from "../api/http.ts";
import { chooseLocale, type Locale } from "../i18n/i18n.ts";
import { useTheme, type Theme } from "../shell/theme.ts";

/** What an agent has chosen holds on every device of theirs; what they have not stays as it is on this one. */
export async function applyChoices({ locale, theme }: Preferences): Promise<void> {
  if (theme) useTheme().value = theme;
  if (locale) await chooseLocale(locale);
}

export async function saveLocale(locale: Locale): Promise<void> {
  await chooseLocale(locale);
  await save({ locale });
}

export async function saveTheme(theme: Theme): Promise<void> {
  useTheme().value = theme;
  await save({ theme });
}

/** It holds here in any case: where it cannot be stored now, the other devices do not learn of it. */
async function save(choice: Partial<Preferences>): Promise<void> {
  await request("/api/me", { method: "PATCH", body: choice }).catch(() => undefined);
}
