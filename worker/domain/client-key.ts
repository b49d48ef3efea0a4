/** Who counts as one client, for limits. Pure. */

const GROUPS_PER_NETWORK = 4;
const GROUPS = 8;
const MAPPED_IPV4 = /^(?:::|0{1,4}(?::0{1,4}){4}:)ffff:(\d{1,3}(?:\.\d{1,3}){3})$/;

/**
 * An IPv4 address, or the /64 of an IPv6 address: one household, one phone, one rented server has 2^64 of those and may
 * use a new one for every request (RFC 4291 section 2.5.4).
 *
 * @param ip as the platform says; what is no address stands for itself
 */
export function clientKeyOf(ip: string): string {
  const address = ip.trim().toLowerCase();
  const mapped = MAPPED_IPV4.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const groups = groupsOf(address.replace(/%.*$/, ""));
  if (groups === null) return address;
  return `${groups.slice(0, GROUPS_PER_NETWORK).join(":")}::/64`;
}

/** All eight, without leading zeros; null where it is no IPv6 address. */
function groupsOf(address: string): string[] | null {
  const halves = address.split("::");
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = GROUPS - head.length - tail.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => "0"), ...tail];
  if (!groups.every((group, at) => /^[0-9a-f]{1,4}$/.test(group) || (at >= GROUPS_PER_NETWORK && group.includes("."))))
    return null;
  return groups.map((group) => group.replace(/^0+(?=.)/, ""));
}
