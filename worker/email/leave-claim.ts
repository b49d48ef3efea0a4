/**
 * What a mail leaves where it stood while it only said that an agent had forwarded it, once an agent has believed it. Every
 * step can be repeated: the row says where that was until the mail is taken up.
 */
import type { Author } from "../../durable-objects/conversation/protocol.ts";
import { moveForwardedFiles, settleAcceptedForward } from "../db/accepted-forwards.ts";
import { findAgent } from "../db/agents.ts";
import { conversationStub } from "../objects.ts";
import type { TakenUp } from "./taken-up.ts";

/** The files are of the conversation that is to show them, before it does. */
export async function takeFilesAlong({ env, db, row }: TakenUp, to: string): Promise<void> {
  const { forwardedOutOf: from, forwardedOutSeq: seq } = row;
  if (from === null || seq === null) return;
  const parts = await conversationStub(env, from).mailParts(seq);
  const fileIds = parts.flatMap(({ message }) => message.attachments.map(({ id }) => id));
  await moveForwardedFiles(db, { fileIds, from, to });
}

/** The message that it was says where it went, and counts for nothing any more (V3). */
export async function leaveClaim(input: TakenUp, place: { conversationId: string; seq: number }): Promise<void> {
  const { env, db, row } = input;
  const { forwardedOutOf: from, forwardedOutSeq: fromSeq } = row;
  if (from === null || fromSeq === null) return;
  const source = conversationStub(env, from);
  const keys = (await source.mailParts(fromSeq)).map(({ key }) => key);
  const agent = row.forwardAcceptedBy === null ? null : await findAgent(db, row.forwardAcceptedBy);
  const actor: Author = agent === null ? { kind: "system" } : { kind: "agent", id: agent.id, name: agent.name };
  const to = { conversationId: place.conversationId, ...(agent === null ? {} : { by: agent.name }) };
  await source.moveMailOut({ keys, to, move: row.moves, actor });
  await settleAcceptedForward(db, row, { from, to: place.conversationId, seq: place.seq });
}
