import type { Message } from "../../../durable-objects/conversation/protocol.ts";

/** The newest reply of another agent that came after the text was begun, or null (a note is no reply). */
export function findNewerReply(messages: readonly Message[], guardSeq: number, myId: string): Message | null {
  const isNewer = ({ seq, author, channel }: Message) =>
    seq > guardSeq && author.kind === "agent" && author.id !== myId && channel !== "note";
  return messages.findLast(isNewer) ?? null;
}
