import type { ParsedMail } from "./mail.ts";
import { type MailHeaders } from "./mail-headers.ts";

type Verdict = ParsedMail["authentication"]["dmarc"];

const NONE: ParsedMail["authentication"] = { dmarc: "none", spf: "none", dkim: "none" };

/** `fail` counts, `pass` is told; everything else (softfail, temperror, neutral …) proves nothing. */
function verdictOf(value: string, method: string): Verdict {
  const result = new RegExp(`(?:^|[;\\s])${method}\\s{0,5}=\\s{0,5}([a-z]{1,20})`, "i").exec(value)?.[1]?.toLowerCase();
  return result === "fail" || result === "pass" ? result : "none";
}

/** RFC 8601 §2.2: the name of the server that judged comes first, perhaps with a version. */
function authservIdOf(value: string): string {
  return (
    value
      .replace(/^\s*(?:\([^()]*\)\s*)*/, "")
      .split(/[\s;(]/)[0]
      ?.toLowerCase() ?? ""
  );
}

function trustedResults(headers: MailHeaders, authservId: string | null): string | null {
  const first = headers.get("authentication-results")?.[0] ?? "";
  return authservId && authservIdOf(first) === authservId.toLowerCase() ? first : null;
}

/**
 * What the trusted server found. Anybody can write such a header, so only the first one counts, and only when it
 * bears the name given in settings.
 */
export function readAuthentication(headers: MailHeaders, authservId: string | null): ParsedMail["authentication"] {
  const first = trustedResults(headers, authservId);
  if (first === null) return NONE;
  const value = first.replace(/\([^()]*\)/g, " ");
  return { dmarc: verdictOf(value, "dmarc"), spf: verdictOf(value, "spf"), dkim: verdictOf(value, "dkim") };
}

/**
 * Whether the mail came through the trusted server and is marked as spam, in the words of SpamAssassin and of rspamd.
 * The mark itself has no signature; that is no harm, for nobody can put it on the mail of somebody else.
 */
export function readSpamMark(headers: MailHeaders, authservId: string | null): boolean {
  if (trustedResults(headers, authservId) === null) return false;
  const says = (name: string) => /^\s*yes\b/i.test(headers.get(name)?.[0] ?? "");
  return says("x-spam-flag") || says("x-spam-status") || says("x-spam");
}
