import type { TextKey } from "./use-text.ts";

/** The text of each channel's name. */
export const CHANNEL_NAMES = { chat: "channel.chat", email: "channel.email", note: "channel.note" } as const satisfies Record<
  "chat" | "email" | "note",
  TextKey
>;
