/** A mail that waits leaves, as `drain.ts` and `deliver.ts` hand it over; the transport takes everything. */
import { levelFor } from "../../../../durable-objects/conversation/addresses.ts";
import { recipientsOf } from "../../../../durable-objects/conversation/copies.ts";
import { delivered } from "../../../../durable-objects/conversation/delivery.ts";
import { decideLeaving, decideLeft } from "../../../../durable-objects/conversation/leaving.ts";
import { dueRows, settleMail, type DeliveryResult, type OutboxRow } from "../../../../durable-objects/conversation/outbox.ts";
import { ADDRESS_CHANGED_REASON, type Delivery, type Message } from "../../../../durable-objects/conversation/protocol.ts";
import { isMovedAway, isTakenBack } from "../../../../durable-objects/conversation/views.ts";
import { planRecipients } from "../../../../worker/email/recipients.ts";
import type { MemoryBook } from "./memory-book.ts";
import type { MemoryObject } from "./memory-object.ts";

/** Messages handed to composition, as in `drain.ts`. */
const EARLIER_MESSAGES_MAX = 60;

export interface Handed {
  seq: number;
  to: string[];
  /** The replies, and everything that composition may put below them. */
  messages: Message[];
}

/** @returns what was handed over, or null where it failed or nothing was due */
export function leave(book: MemoryBook, object: MemoryObject): Handed | null {
  const [row] = dueRows(object.outbox, book.clock.now);
  const { state } = object;
  const message = row === undefined ? null : object.findBySeq(row.seq);
  if (row === undefined || state === null || message === null) return null;
  const to = book.rules.addressOfRow(row, state, message);
  if (to === null) {
    settle({ book, object, row }, { kind: "refused", reason: ADDRESS_CHANGED_REASON });
    return null;
  }
  object.saveOutboxRow({ ...row, state: "sending" });
  if (row.only === null) show(object, row, { ...message.delivery, state: "sending" });
  object.command((turn) => decideLeaving(turn, { row, message, to }));
  const also = row.also.flatMap((seq) => object.findBySeq(seq) ?? []);
  const earlier = object
    .before(row.seq, EARLIER_MESSAGES_MAX)
    .filter(
      (other) =>
        other.channel !== "note" &&
        !isTakenBack(other) &&
        !isMovedAway(other) &&
        !row.also.includes(other.seq) &&
        book.rules.mayTravelTo(other, recipientsOf(to, message), state),
    );
  const { only, isInsisted, isCancelledBySeen: isUnseen } = row;
  const level = levelFor(state, to, book.clock.now);
  const { everyone, targets } = planRecipients(
    { state, message, mailId: message.id, to, level, also, earlier, theirWords: [], only, isInsisted, isUnseen },
    [],
  );
  for (const email of everyone) if (email !== to) book.addParticipant(object.id, email);
  book.saveMailId(message.id, { conversationId: object.id, seq: row.seq });
  settle({ book, object, row }, { kind: "sent", to: targets, messageId: message.id });
  return { seq: row.seq, to: targets, messages: [...earlier, ...also, message] };
}

interface Settling {
  book: MemoryBook;
  object: MemoryObject;
  row: OutboxRow;
}

function settle({ book, object, row }: Settling, result: DeliveryResult): void {
  const message = object.findBySeq(row.seq);
  if (message === null) return object.deleteOutboxRow(row.seq);
  const settled = settleMail({ row, result, before: message.delivery, now: book.clock.now, random: 0 });
  if (settled.kind === "again") object.saveOutboxRow(settled.row);
  else object.deleteOutboxRow(row.seq);
  show(object, row, settled.delivery);
  object.command((turn) => decideLeft(turn, settled, { row, message, result }));
}

/** The delivery of every message that travels in this mail. */
function show(object: MemoryObject, row: OutboxRow, delivery: Delivery): void {
  object.command(() =>
    [...row.also, row.seq].flatMap((seq) => {
      const message = object.findBySeq(seq);
      return message === null ? [] : delivered(message, delivery);
    }),
  );
}
