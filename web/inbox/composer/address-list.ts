/** Addresses as people type and paste them. */

const ADDRESS =
  /^[^\s@<>(),;:\\"[\]]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)*[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u;
/** UTF-16 code units. */
const ADDRESS_LENGTH_MAX = 254;

/** As the server has it; what is before the `@` must be ASCII, for few mail servers take anything else. */
export function isAddress(text: string): boolean {
  return text.length <= ADDRESS_LENGTH_MAX && ADDRESS.test(text) && /^[!-~]+@/.test(text);
}

/** `Ana <ana@x.example>, ben@x.example; carl@x.example` → the three addresses; what is none stays as it is, to be seen. */
export function splitAddresses(text: string): string[] {
  const parts = text.split(/[,;\n\t]+/).flatMap((part) => {
    const named = /<([^<>]*)>\s*$/.exec(part)?.[1];
    // Several without a comma between them are several; a name with spaces is not.
    const words = part.trim().split(/\s+/);
    return named === undefined && words.every(isAddress) ? words : [named ?? part];
  });
  return [...new Set(parts.map((part) => part.trim().toLowerCase()).filter((part) => part !== ""))];
}
