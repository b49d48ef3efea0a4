/** What the browser's tab, its history and a bookmark call each page. */
import type { TextKey } from "../i18n/use-text.ts";

const TITLES: ReadonlyMap<unknown, TextKey> = new Map<unknown, TextKey>([
  ["contacts", "menu.contacts"],
  ["saved-replies", "menu.savedReplies"],
  ["ledger", "menu.ledger"],
  ["me", "menu.me"],
  ["settings-general", "settings.general"],
  ["settings-widget", "settings.widget"],
  ["settings-mailboxes", "settings.mailboxes"],
  ["settings-agents", "settings.agents"],
  ["settings-api-keys", "settings.apiKeys"],
  ["settings-hours", "settings.hours"],
  ["settings-limits", "settings.limits"],
  ["settings-maintenance", "settings.maintenance"],
  ["not-found", "error.notFoundTitle"],
]);

/** @param routeName of the page that is open; the conversations where it is none of ours */
export function sectionTitle(routeName: unknown): TextKey {
  return TITLES.get(routeName) ?? "menu.conversations";
}
