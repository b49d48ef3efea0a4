/** What a report about a mail of ours is held against: which mails have left, for whom, and who else may know their ids. Pure. */
import { CORRESPONDENTS_MAX } from "./addresses.ts";
import { writtenTo } from "./copies.ts";
import type { Delivery, Message } from "./protocol.ts";
import type { ConversationState } from "./state.ts";

/** A message that has left as a mail. */
export interface MailedMessage {
  seq: number;
  /** The message's own id, which every widget that shows it knows: earlier versions called its mail by it. */
  id: string;
  /** Everyone whom it was sent to, whether it has reached them or not. */
  recipients: string[];
  /** Whether somebody else was mailed in this conversation: mails that answer a thread name the ids of those before. */
  hasOtherReaders: boolean;
}

interface MailedLog {
  findBySeq: (seq: number) => Message | null;
  before: (seq: number, limit: number) => Message[];
}

/** Messages among which a report's mail is looked for where it does not name it. */
const RECENT_MESSAGES = 50;

/** @returns the one with this number, or where it is null the newest first */
export function mailedOf(state: ConversationState, log: MailedLog, seq: number | null): MailedMessage[] {
  const recent = () => log.before(Number.MAX_SAFE_INTEGER, RECENT_MESSAGES).filter(hasLeft).reverse();
  const messages = seq === null ? recent() : [log.findBySeq(seq)];
  return messages.flatMap((message) => (message?.delivery === undefined ? [] : [describe(state, message, message.delivery)]));
}

function describe({ correspondents }: ConversationState, message: Message, { to, refused = [] }: Delivery): MailedMessage {
  const { seq, id } = message;
  // Earlier versions did not say with the delivery whom it went to.
  const named = to ?? [writtenTo(message) ?? []].flat();
  const recipients = [...new Set([...named, ...refused.map(({ address }) => address)])];
  const others = correspondents.filter(({ email, mails }) => mails > 0 && !recipients.includes(email));
  return { seq, id, recipients, hasOtherReaders: others.length > 0 || correspondents.length >= CORRESPONDENTS_MAX };
}

/** Nothing comes back for a mail that still waits. */
function hasLeft({ delivery }: Message): boolean {
  return delivery?.to !== undefined && delivery.state !== "queued" && delivery.state !== "sending";
}
