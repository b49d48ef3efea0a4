import { parseAddressList } from "./addresses.ts";
import type { ParsedMail } from "./mail.ts";
import { type MailHeaders } from "./mail-headers.ts";

type Verdict = ParsedMail["authentication"]["dmarc"];

const NONE: ParsedMail["authentication"] = { dmarc: "none", spf: "none", dkim: "none" };

/** `fail` counts, `pass` is told; everything else (softfail, temperror, neutral …) proves nothing. */
function verdictsOf(value: string, method: string): Verdict[] {
  const results = value.matchAll(new RegExp(`(?:^|[;\\s])${method}\\s{0,5}=\\s{0,5}([a-z]{1,20})`, "gi"));
  return Array.from(results, ([, result = ""]): Verdict => {
    const word = result.toLowerCase();
    return word === "fail" || word === "pass" ? word : "none";
  });
}

/**
 * Without comments and quoted strings (RFC 8601 §2.2, RFC 5322 §3.2): servers repeat in them what the sender chose, such as
 * the local part of an address. What a comment swallows that never ends is kept.
 */
function withoutQuotes(value: string): string {
  let kept = "";
  let comment = "";
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const char = value.charAt(at);
    const isEscape = char === "\\" && (isQuoted || depth > 0);
    if (isEscape) at += 1;
    else if (isQuoted) isQuoted = char !== '"';
    else if (char === '"' && depth === 0) isQuoted = true;
    else if (char === "(") {
      depth += 1;
      kept += " ";
    } else if (char === ")" && depth > 0) depth -= 1;
    else if (depth === 0) kept += char;
    comment = depth === 0 ? "" : comment + (isEscape ? " " : char);
  }
  return `${kept} ${comment}`;
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
  const value = withoutQuotes(first);
  const [dmarc, spf, dkim] = ["dmarc", "spf", "dkim"].map((method) => verdictsOf(value, method));
  const passDomain = readPassDomain(headers, first);
  return {
    ...(passDomain === null ? {} : { passDomain }),
    dmarc: dmarc?.find((verdict) => verdict === "fail") ?? dmarc?.[0] ?? "none",
    spf: spf?.[0] ?? "none",
    // Each signature has a result of its own; what a relay breaks is often signed once more.
    dkim: dkim?.find((verdict) => verdict === "pass") ?? dkim?.[0] ?? "none",
  };
}

/**
 * The domain for which the trusted server says `dmarc=pass`: a *pass* gives an agent's authority, so it is read more
 * strictly than a *fail*. There is one result of DMARC and one `header.from` in it, neither in a comment nor quoted, and the
 * mail has one `From` with one mailbox: of two, the server may have judged the other one.
 */
function readPassDomain(headers: MailHeaders, results: string): string | null {
  const [from, ...otherFroms] = headers.get("from") ?? [];
  if (from === undefined || otherFroms.length > 0 || parseAddressList(from).length !== 1) return null;
  const bare = withoutComments(results);
  const judged =
    bare
      ?.split(";")
      .slice(1)
      .filter((result) => /(?:^|\s)dmarc\s{0,5}[=/]/i.test(result)) ?? [];
  const [dmarc] = judged;
  if (dmarc === undefined || judged.length > 1) return null;
  const said = /^\s*dmarc(?:\s?\/\s?\d{1,3})?\s?=\s?pass(?=\s|$)(.*)$/is.exec(dmarc)?.[1];
  const domains = Array.from((said ?? "").matchAll(/\sheader\.from\s?=\s?(\S+)/gi), ([, domain = ""]) => domain.toLowerCase());
  const [domain = "", ...others] = domains;
  return others.length === 0 && /^[\p{L}\p{N}.-]+$/u.test(domain) ? domain.replace(/\.$/, "") : null;
}

/** Null where a comment or a quoted string does not end; what was quoted is a `"` that fits nothing. */
function withoutComments(value: string): string | null {
  let kept = "";
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const char = value.charAt(at);
    if (char === "\\" && (isQuoted || depth > 0)) at += 1;
    else if (isQuoted) isQuoted = char !== '"';
    else if (char === '"' && depth === 0) {
      isQuoted = true;
      kept += '"';
    } else if (char === "(") {
      depth += 1;
      kept += " ";
    } else if (char === ")" && depth > 0) depth -= 1;
    else if (depth === 0) kept += char;
  }
  return isQuoted || depth > 0 ? null : kept;
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
