/** Addresses as people type and paste them. */
import { canonicalAddress, isAddress } from "../../../worker/domain/address.ts";

/**
 * `Ana <ana@x.example>, ben@x.example; carl@x.example` → the three addresses; what is none stays as it is, to be seen. In other letters than ASCII a domain can look like
 * another one: what is shown is where the mail goes.
 */
export function splitAddresses(text: string): string[] {
  const parts = text.split(/[,;\n\t]+/).flatMap((part) => {
    const named = /<([^<>]*)>\s*$/.exec(part)?.[1];
    // Several without a comma between them are several; a name with spaces is not.
    const words = part.trim().split(/\s+/);
    return named === undefined && words.every(isAddress) ? words : [named ?? part];
  });
  return [...new Set(parts.map(canonicalAddress).filter((part) => part !== ""))];
}
