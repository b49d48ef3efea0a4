/** The link that shows, opened in the browser that chats, that an address is theirs. */
import { signForSession, type ForSession } from "../auth/confirming-secrets.ts";
import { isNamedOrigin } from "../domain/origins.ts";
import type { WidgetSettings } from "../domain/settings.ts";

/** Begins the fragment that the widget looks for. */
export const CONFIRM_FRAGMENT = "hilo-confirm=";

/**
 * It leads to the page that the settings name, or to the root of the site that the session wrote from; never to a path that
 * a visitor chose, for an open redirect carries a fragment along. Null where the settings do not name that site in full.
 */
export async function confirmingLink(
  secret: string,
  input: ForSession & { now: number; origin: string | null; widget: Pick<WidgetSettings, "allowedOrigins" | "confirmPage"> },
): Promise<string | null> {
  const { origin, widget } = input;
  if (origin === null || !isNamedOrigin(origin, widget.allowedOrigins)) return null;
  const isPageThere = widget.confirmPage !== "" && new URL(widget.confirmPage).origin === origin;
  const page = isPageThere ? widget.confirmPage : `${origin}/`;
  return `${page}#${CONFIRM_FRAGMENT}${await signForSession(secret, "confirm", input)}`;
}
