/**
 * The judge: compares what every client sent, was told and shows with what is stored. It shares no logic with the
 * product; texts are unique, so a message is known by its text. Pure.
 */
import type { Message } from "../../durable-objects/conversation/protocol.ts";
import type { ClientRecord } from "./records.ts";

export interface StoredConversation {
  readonly id: string;
  /** All of them, as the API gives them. */
  readonly messages: readonly Message[];
  /** The `seq` of the last message in the list of conversations; null where the list does not have it. */
  readonly listedSeq: number | null;
}

interface DeliveredMail {
  readonly text: string;
  readonly told: number;
  readonly untold: number;
}

export interface MailEvidence {
  /** Texts of mails that the server has accepted. */
  readonly accepted: readonly string[];
  /** Subjects of accepted mails whose words nobody can tell beforehand. */
  readonly acceptedHostile?: readonly string[];
  /** By Message-ID: its first line, how often a mail server has had it to the end, and whether it said so. */
  readonly delivered: ReadonlyMap<string, DeliveredMail>;
}

export interface Verdict {
  readonly lost: string[];
  readonly doubled: string[];
  readonly outOfOrder: string[];
  readonly gaps: string[];
  /** Clients or lists that did not catch up in the end. */
  readonly behind: string[];
}

export interface Evidence {
  readonly conversations: readonly StoredConversation[];
  readonly clients: readonly ClientRecord[];
  readonly mail: MailEvidence;
}

export function judge({ conversations, clients, mail }: Evidence): Verdict {
  const verdict: Verdict = { lost: [], doubled: [], outOfOrder: [], gaps: [], behind: [] };
  const byId = new Map(conversations.map((conversation) => [conversation.id, conversation]));
  for (const conversation of conversations) judgeStored(conversation, verdict);
  for (const client of clients) {
    const stored = byId.get(client.conversationId);
    if (stored === undefined) verdict.lost.push(`${client.name}: conversation ${client.conversationId} does not exist`);
    else judgeClient(client, stored, verdict);
  }
  judgeMail(mail, conversations, verdict);
  return verdict;
}

/** Numbers without gaps, in order; every text once. */
function judgeStored({ id, messages, listedSeq }: StoredConversation, verdict: Verdict): void {
  const texts = new Set<string>();
  messages.forEach((message, index) => {
    if (message.seq !== index + 1) verdict.gaps.push(`${id}: seq ${message.seq} stands at place ${index + 1}`);
    if (texts.has(message.text)) verdict.doubled.push(`${id}: “${message.text}” is stored twice`);
    texts.add(message.text);
  });
  const last = messages.at(-1)?.seq ?? 0;
  if (listedSeq !== last) verdict.behind.push(`${id}: the list says ${listedSeq}, stored are ${last}`);
}

function judgeClient(client: ClientRecord, stored: StoredConversation, verdict: Verdict): void {
  const bySeq = new Map(stored.messages.map((message) => [message.seq, message]));
  const seqOfText = new Map(stored.messages.map((message) => [message.text, message.seq]));
  const { name } = client;
  for (const { kind, detail } of client.breaches) (kind === "doubled" ? verdict.doubled : verdict.outOfOrder).push(detail);
  const textOf = new Map(client.sent.map(({ clientId, text }) => [clientId, text]));
  for (const { clientId, seq, id } of client.acknowledged) {
    const message = bySeq.get(seq);
    if (message === undefined || message.id !== id || message.text !== textOf.get(clientId))
      verdict.lost.push(`${name}: acknowledged as ${seq}, but that is ${message?.text ?? "nothing"}`);
  }
  for (const [seq, id] of client.seen)
    if (bySeq.get(seq)?.id !== id) verdict.lost.push(`${name}: saw ${seq}, which is not stored so`);
  let before = 0;
  for (const { text } of client.sent) {
    const seq = seqOfText.get(text);
    if (seq === undefined) verdict.lost.push(`${name}: “${text}” was sent and never stored`);
    else if (seq < before) verdict.outOfOrder.push(`${name}: “${text}” has ${seq}, after ${before}`);
    else before = seq;
  }
  judgeScreen(client, stored, verdict);
}

/** At the end everybody shows everything that they may see. */
function judgeScreen(client: ClientRecord, stored: StoredConversation, verdict: Verdict): void {
  const { name, shown } = client;
  if (!client.isUpToDate || client.unsent > 0)
    verdict.behind.push(`${name}: is ${client.isUpToDate ? "up to date" : "not up to date"}, ${client.unsent} unsent`);
  const may = stored.messages.filter((message) => client.isAgent || message.channel !== "note");
  const first = shown[0]?.seq ?? 0;
  const expected = may.filter(({ seq }) => seq >= first).map(({ id }) => id);
  const seen = new Set(shown.map(({ id }) => id));
  for (const id of expected) if (!seen.has(id)) verdict.lost.push(`${name}: does not show ${id}`);
  if (shown.length > expected.length) verdict.doubled.push(`${name}: shows ${shown.length} of ${expected.length} messages`);
}

function judgeMail(mail: MailEvidence, conversations: readonly StoredConversation[], verdict: Verdict): void {
  const all = conversations.flatMap(({ messages }) => messages);
  const places = new Map<string, number>();
  for (const { text } of all) places.set(text, (places.get(text) ?? 0) + 1);
  for (const text of mail.accepted) {
    const count = places.get(text) ?? 0;
    if (count === 0) verdict.lost.push(`the mail “${text}” was accepted and is in no conversation`);
    if (count > 1) verdict.doubled.push(`the mail “${text}” is in ${count} places`);
  }
  for (const subject of mail.acceptedHostile ?? []) {
    const count = all.filter((message) => message.subject === subject).length;
    if (count === 0) verdict.lost.push(`the hostile mail “${subject}” was accepted and is in no conversation`);
    if (count > 1) verdict.doubled.push(`the hostile mail “${subject}” is in ${count} places`);
  }
  for (const [messageId, { told, untold }] of mail.delivered)
    if (told + untold > 1) verdict.doubled.push(`the mail ${messageId} left ${told + untold} times`);
  const mails = Map.groupBy(mail.delivered.values(), ({ text }) => text);
  for (const { id, channel, author, delivery, text } of all) {
    if (channel !== "email" || author.kind !== "agent") continue;
    const those = mails.get(text) ?? [];
    const told = those.reduce((sum, one) => sum + one.told, 0);
    // A refused mail may have an id and was never had.
    if (those.filter((one) => one.told + one.untold > 0).length > 1) verdict.doubled.push(`mail ${id} left under two ids`);
    if (delivery?.state === "sent" && told === 0) verdict.lost.push(`mail ${id} is called sent, and no server has it`);
    if (delivery?.state === "failed" && told > 0) verdict.lost.push(`mail ${id} is called failed, and a server has it`);
    if (delivery?.state === "sending") verdict.behind.push(`mail ${id} is still being sent`);
  }
}
