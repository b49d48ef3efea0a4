/** Where to report a vulnerability, as programs and people look for it (RFC 9116). Pure. */

const DAY_MS = 86_400_000;
/** Readers are told to trust it no longer than that; at most a year (section 2.5.5). */
const GOOD_FOR_DAYS = 180;

/**
 * @param input.contact `mailto:` and an address, or an `https:` page
 * @param input.origin where this deployment lives
 */
export function formatSecurityTxt(input: { contact: string; origin: string; now: number }): string {
  const { contact, origin, now } = input;
  // By the day, so that it is the same text all day.
  const expiresAt = (Math.floor(now / DAY_MS) + GOOD_FOR_DAYS) * DAY_MS;
  return [
    `Contact: ${contact}`,
    `Expires: ${new Date(expiresAt).toISOString()}`,
    "Preferred-Languages: en, es",
    `Canonical: ${origin}/.well-known/security.txt`,
    "",
  ].join("\n");
}
