/** Makes signed addresses that a mail which is about to leave can be answered to. */
import { openDatabase } from "../db/database.ts";
import { saveReplyKey } from "../db/mail-threads.ts";
import type { Env } from "../env.ts";
import { computeConversationKey, createReplyAddress, type ReplyKind } from "./reply-address.ts";
import { replyKeysOf } from "./secrets.ts";

/**
 * The reply address of one mail of a conversation, readable from now on.
 *
 * @param input.recipient the one person that it is sent to: of the kinds `agent-…` the agent's own address
 */
export async function createSignedAddress(
  env: Env,
  input: { kind: ReplyKind; conversationId: string; mailbox: string; recipient: string },
): Promise<string> {
  const { kind, conversationId, mailbox, recipient } = input;
  const keys = await replyKeysOf(env);
  const conversationKey = await computeConversationKey(keys.current.secret, conversationId);
  // Before the mail leaves: an answer can be back within the second.
  await saveReplyKey(openDatabase(env.DB), conversationKey, conversationId, Date.now());
  return createReplyAddress({ keys, kind, mailbox, conversationKey, recipient });
}
