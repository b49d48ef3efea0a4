import { uuidV7 } from "../domain/uuid.ts";

/** A new UUIDv7 of now; for shells, which own time and randomness. */
export function newId(): string {
  return uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
}
