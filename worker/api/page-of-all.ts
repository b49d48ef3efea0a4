import type * as v from "valibot";
import type { pageQuerySchema } from "../domain/api-shapes.ts";
import { AppError } from "./problems.ts";

/**
 * A page of a list that is small enough to be read whole; without a `limit` all of it.
 *
 * @throws AppError invalid for a cursor that we did not give
 */
export function pageOfAll<T extends { id: string }>(
  items: readonly T[],
  { limit = items.length, cursor }: v.InferOutput<typeof pageQuerySchema>,
): { items: T[]; nextCursor: string | null } {
  const from = cursor === undefined ? 0 : items.findIndex(({ id }) => id === cursor) + 1;
  if (cursor !== undefined && from === 0) throw new AppError("invalid", "cursor: is not one of ours");
  const page = items.slice(from, from + limit);
  return { items: page, nextCursor: from + limit < items.length ? (page.at(-1)?.id ?? null) : null };
}
