/** The types that the server serves inline (T11); all others are downloads. */
const INLINE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
/** Larger pictures are not drawn in the thread. */
const PREVIEW_BYTES_MAX = 10_000_000;

export function isInlineImage({ type, size }: { type: string; size: number }): boolean {
  return INLINE_TYPES.has(type) && size <= PREVIEW_BYTES_MAX;
}

/** Its type is what its first bytes say, so nothing else comes under this name. */
export function isPdf({ type, size }: { type: string; size: number }): boolean {
  return type === "application/pdf" && size <= PREVIEW_BYTES_MAX;
}
