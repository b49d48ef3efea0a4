/** What was understood of a mail besides its words, as data: part of the wire format (`protocol.ts`). */
import * as v from "valibot";

/** The event of a calendar invitation. */
export const invitationSchema = v.object({
  kind: v.picklist(["request", "cancel", "reply", "other"]),
  summary: v.string(),
  /** `2026-11-02` for whole days, `2026-11-02T10:00:00Z`, or without `Z` where it is meant in `zone`. */
  start: v.string(),
  end: v.optional(v.string()),
  zone: v.optional(v.string()),
  organiser: v.optional(v.string()),
  location: v.optional(v.string()),
});

/**
 * What of a mail was not read: header lines, parts, levels of parts, files, addresses, lines; of texts and HTML about how many
 * characters.
 */
export const leftOutSchema = v.object({
  kind: v.picklist(["headers", "parts", "nesting", "files", "addresses", "lines", "text", "html"]),
  count: v.number(),
});
