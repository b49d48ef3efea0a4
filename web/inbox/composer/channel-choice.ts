import type { Channel } from "../../../durable-objects/conversation/protocol.ts";

/** Which channel the composer writes to: chosen by presence until the agent chooses (S7). */
export type ChannelChoice = { kind: "by-presence" } | { kind: "chosen"; channel: Channel };

export const BY_PRESENCE: ChannelChoice = { kind: "by-presence" };

interface Reach {
  isVisitorOnline: boolean;
  /** False for a conversation that began by mail: there is no chat. */
  hasVisitor: boolean;
}

/** Chat while the visitor is online, email when not; what the agent chose stays. */
export function computeChannel(choice: ChannelChoice, { isVisitorOnline, hasVisitor }: Reach): Channel {
  if (choice.kind === "chosen" && (choice.channel !== "chat" || hasVisitor)) return choice.channel;
  return hasVisitor && isVisitorOnline ? "chat" : "email";
}

/** A note is an aside: after it the next text goes to the customer again, as before. */
export function choiceAfterSending(choice: ChannelChoice): ChannelChoice {
  return choice.kind === "chosen" && choice.channel === "note" ? BY_PRESENCE : choice;
}
