import type { Message } from "../../../durable-objects/conversation/protocol.ts";

/** Somebody of the thread's mail who could get a copy: never added without a click (T4). */
export interface CopyOffer {
  address: string;
  name?: string | undefined;
  /** Does not belong to the thread (M11, or named in `Reply-To`): added by itself alone, never with the others. */
  isNewPerson: boolean;
}

/**
 * Who was in the last mail that came in, and in Cc of the last one that went out; and who has written since the last
 * answer as a new person, or is named as where an answer should go.
 *
 * @param taken addresses that get the mail already
 */
export function computeOffers(messages: readonly Message[], taken: readonly (string | null | undefined)[]): CopyOffer[] {
  const mails = messages.filter(
    ({ channel, delivery, mail }) => channel === "email" && delivery?.state !== "failed" && mail?.movedTo === undefined,
  );
  const received = mails.findLast(({ author, mail }) => author.kind === "contact" && mail?.isNewPerson !== true);
  const sent = mails.findLast(({ author }) => author.kind === "agent");
  const strangers = mails.filter(({ seq, mail }) => mail?.isNewPerson === true && seq > (sent?.seq ?? 0));
  const people: CopyOffer[] = [
    ...[received?.mail?.from, ...(received?.mail?.others ?? [])].flatMap((person) =>
      person === undefined ? [] : [{ ...person, isNewPerson: false }],
    ),
    ...(sent?.cc ?? []).map((address) => ({ address, isNewPerson: false })),
    // Where it asks for answers is its sender's word alone (T4).
    ...(received?.mail?.replyTo ?? []).map((person) => ({ ...person, isNewPerson: true })),
    ...strangers.flatMap(({ mail }) => (mail?.from === undefined ? [] : [{ ...mail.from, isNewPerson: true }])),
  ];
  // Whoever once had a hidden copy stays hidden, also after they have answered.
  const seen = new Set<string | null | undefined>([...taken, ...messages.flatMap(({ bcc = [] }) => bcc)]);
  return people.filter(({ address }) => !seen.has(address) && seen.add(address));
}
