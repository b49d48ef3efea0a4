/**
 * What an address is: the one rule for everything that takes one and everything that mails to one. What a door takes, the
 * post can carry. One mailbox has one spelling in everything that is stored, compared, counted or shown: whoever types it
 * in other letters (`ana@ｇmail.com` is mailed at `ana@gmail.com`) names the same one. Pure.
 */

/** Octets. RFC 5321, 4.5.3.1.3, without the angle brackets; and 4.5.3.1.1. */
export const ADDRESS_BYTES_MAX = 254;
export const LOCAL_PART_BYTES_MAX = 64;
const LABEL_BYTES_MAX = 63;

/**
 * Atoms with single dots between them. Quoted local parts are legal and in practice only used to attack; what is not ASCII
 * only few mail servers take (SMTPUTF8), and ours is told so by the sender's, too late.
 */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i;

/** Whether mail can be sent to it. International domains may be written in their own letters. */
export function isAddress(text: string): boolean {
  return isAsciiAddress(toAsciiAddress(text));
}

/** As it travels: international domains in their ASCII form. */
export function isAsciiAddress(address: string): boolean {
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  const labels = address.slice(at + 1).split(".");
  return (
    at > 0 &&
    address.length <= ADDRESS_BYTES_MAX &&
    local.length <= LOCAL_PART_BYTES_MAX &&
    LOCAL_PART.test(local) &&
    labels.every((label) => label.length <= LABEL_BYTES_MAX && LABEL.test(label)) &&
    // A number is the end of an IP address, and no name (RFC 1123, 2.1).
    !/^\d+$/.test(labels.at(-1) ?? "")
  );
}

/**
 * The spelling that an address is known by: as it travels, in lower case. Every address takes it where it comes in. It is
 * shown so, too: in letters of its own a domain can look like another one.
 */
export function canonicalAddress(text: string): string {
  // Not the other way round: a URL knows better than lower-casing which letters of other scripts are the same.
  return toAsciiAddress(text.trim()).toLowerCase();
}

/** With its domain in ASCII; as it is where that is none, or the address is too long to be one. */
export function toAsciiAddress(address: string): string {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  if (at < 1 || address.length > ADDRESS_BYTES_MAX || /^[!-~]*$/.test(domain)) return address;
  // Only letters, digits, marks and hyphens: a URL would take a path, a port or a name and password for something else.
  if (!/^[\p{L}\p{N}\p{M}.-]+$/u.test(domain) || !URL.canParse(`http://${domain}/`)) return address;
  return `${address.slice(0, at)}@${new URL(`http://${domain}/`).hostname}`;
}
