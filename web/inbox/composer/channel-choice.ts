import type { Channel, Message } from "../../../durable-objects/conversation/protocol.ts";

/** Which channel the composer writes to: chosen by presence until the agent chooses (S7). */
export type ChannelChoice = { kind: "by-presence" } | { kind: "chosen"; channel: Channel };

export const BY_PRESENCE: ChannelChoice = { kind: "by-presence" };

interface Reach {
  isVisitorOnline: boolean;
  /** False for a conversation that began by mail: there is no chat. */
  hasVisitor: boolean;
  hasAddress: boolean;
  /**
   * Where mails have come in from somebody whom the chat has not shown to be: the channel of their newest message, which
   * the reply follows. Null where presence alone chooses.
   */
  follows: "chat" | "email" | null;
}

/** Chat while the visitor is online, email when not (with no address it stays in chat); what the agent chose stays. */
export function computeChannel(choice: ChannelChoice, { isVisitorOnline, hasVisitor, hasAddress, follows }: Reach): Channel {
  if (choice.kind === "chosen" && (choice.channel !== "chat" || hasVisitor)) return choice.channel;
  if (hasVisitor && !hasAddress) return "chat";
  return hasVisitor && isVisitorOnline && follows !== "email" ? "chat" : "email";
}

/** By which channel the person on the other side, whoever that is, wrote last. */
export function newestOfTheirs(messages: readonly Message[]): "chat" | "email" | null {
  const newest = messages.findLast(
    ({ author, mail }) => (author.kind === "visitor" || author.kind === "contact") && mail?.isAutomatic !== true,
  );
  return newest === undefined || newest.channel === "note" ? null : newest.channel;
}

/** A note is an aside: after it the next text goes to the customer again, as before. */
export function choiceAfterSending(choice: ChannelChoice): ChannelChoice {
  return choice.kind === "chosen" && choice.channel === "note" ? BY_PRESENCE : choice;
}
