/** What a link of a mail says of where it leads, against where it does lead. */

/** Characters that take no room: they would part a name so that it is not found. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** Dots that browsers take for dots. */
const OTHER_DOTS = /[\u3002\uff0e\uff61]/gu;
/** Names with at least one dot, such as hosts have; words with a slash, an at-sign or nothing around them. */
const NAMED_HOST = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}[\p{L}][\p{L}\p{N}-]{0,61}[\p{L}\p{N}]/gu;
/** UTF-16 code units of a link's text that are looked at, and names in it. */
const TEXT_LENGTH_MAX = 500;
const NAMES_MAX = 10;

function hostOf(href: string): string | null {
  if (!URL.canParse(href)) return null;
  const { protocol, hostname, pathname } = new URL(href);
  if (protocol === "mailto:") return pathname.split("@").at(-1)?.toLowerCase() ?? null;
  return hostname === "" ? null : hostname;
}

/** As an address spells it: the same name in other letters is the same place. */
function spell(name: string): string {
  return URL.canParse(`https://${name}`) ? new URL(`https://${name}`).hostname : name.toLowerCase();
}

const bare = (host: string): string => host.replace(/^www\./, "");

/**
 * Where the link leads, if its text names another place: a host, or for `mailto:` an address. Null where it names none, or
 * that one.
 *
 * @param text all of it, whatever it is nested in
 */
export function findOtherTarget(text: string, href: string): string | null {
  const host = hostOf(href);
  if (host === null) return null;
  const seen = text.slice(0, TEXT_LENGTH_MAX).normalize("NFKC").replace(INVISIBLE, "").replace(OTHER_DOTS, ".");
  const named = seen.match(NAMED_HOST)?.slice(0, NAMES_MAX) ?? [];
  const isOther = named.some((name) => bare(spell(name)) !== bare(host));
  if (!isOther) return null;
  return href.toLowerCase().startsWith("mailto:") ? decodeAddress(href) : host;
}

function decodeAddress(href: string): string {
  const { pathname } = new URL(href);
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
