/** Cursors of keyset pages: opaque to clients. */
import { AppError } from "./problems.ts";

export function encodeCursor(position: { at: number; id: string } | null): string | null {
  return position === null ? null : `${position.at.toString(36)}_${position.id}`;
}

/** @throws AppError invalid for a cursor that we did not give */
export function decodeCursor(cursor: string | undefined): { at: number; id: string } | null {
  if (cursor === undefined) return null;
  const [at, id] = cursor.split("_");
  const time = Number.parseInt(at ?? "", 36);
  if (id === undefined || !/^[0-9a-f-]{36}$/.test(id) || !Number.isSafeInteger(time))
    throw new AppError("invalid", "cursor: is not one of ours");
  return { at: time, id };
}
