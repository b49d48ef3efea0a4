/** Which addresses of the web the Worker may fetch something from on somebody else's word. Pure. */

/** UTF-16 code units; longer ones are no picture's. */
export const OUTSIDE_ADDRESS_LENGTH_MAX = 4_000;
/** Pictures whose addresses are signed in one request; a mail with more asks again. */
export const PICTURE_LINKS_MAX = 50;

const IP_ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[.*\])$/;
/** Names that lead nowhere outside a machine or its own network (RFC 6761, RFC 6762, RFC 8375). */
const INSIDE_NAME = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|arpa|onion)$/;

export interface OutsideLimits {
  /** Hosts of this deployment: asking them would be asking ourselves. */
  ownHosts: readonly string[];
  /** For a deployment on one's own machine, whose tests and neighbours are there too. */
  isLoopbackAllowed: boolean;
}

/**
 * Null where it is not the address of a public site: no other scheme, no name and password, no port of its own, no
 * number instead of a name, no name of an inner network.
 */
export function parseOutsideAddress(text: string, { ownHosts, isLoopbackAllowed }: OutsideLimits): URL | null {
  if (text.length > OUTSIDE_ADDRESS_LENGTH_MAX || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  if (url.username !== "" || url.password !== "" || ownHosts.includes(url.host)) return null;
  // A parsed address has its numbers in one spelling: 0x7f.1 and 2130706433 are 127.0.0.1 here.
  if (isLoopbackAllowed && (url.hostname === "127.0.0.1" || url.hostname === "localhost")) return url;
  const name = url.hostname.replace(/\.$/, "");
  const isName = name.includes(".") && !IP_ADDRESS.test(name) && !INSIDE_NAME.test(name);
  return isName && url.port === "" ? url : null;
}
