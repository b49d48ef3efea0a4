/**
 * What a conversation asks of the address book, and tells it: a loop of the outbox, behind every append (A4). Each step may
 * run twice (A5), and one that fails does not keep the others waiting.
 */
import { decideClaimsNoted } from "./addresses.ts";
import { decideAddressKnown, decideBlocked, decideContact } from "./commands.ts";
import type { EffectRunner } from "./effect-runner.ts";
import type { ConversationPorts } from "./ports.ts";
import type { ConversationState } from "./state.ts";
import { withTimeout } from "./with-timeout.ts";

interface AddressBookParts {
  runner: EffectRunner;
  ports: ConversationPorts;
}

/** @returns whether it went well */
type Attempt = (effect: string, work: () => Promise<void>) => Promise<boolean>;

/** Something that only the address book can answer, or has to be told. */
export function hasQuestions({ unresolved, address, claimsToNote, placeToNote }: ConversationState): boolean {
  return (
    unresolved !== null || placeToNote !== null || claimsToNote.length > 0 || (address !== null && address.hasOthers === null)
  );
}

export async function askAddressBook(parts: AddressBookParts, attempt: Attempt): Promise<boolean[]> {
  return [
    await attempt("contact", () => resolveContact(parts)),
    // First: what another conversation asks meanwhile, it is told.
    await attempt("claims", () => noteClaims(parts)),
    await attempt("address", () => noteAddress(parts)),
    await attempt("place", () => notePlace(parts)),
  ];
}

/** Finds or makes who was mailed, or whom an agent named. Throws where that cannot be had now. */
async function resolveContact({ runner, ports }: AddressBookParts): Promise<void> {
  const unresolved = runner.state?.unresolved ?? null;
  if (unresolved === null) return;
  const contact = await withTimeout(ports.resolveContact(unresolved));
  // Another one while D1 was asked: that one is resolved by the next run.
  if (runner.state?.unresolved?.email === unresolved.email) runner.decide((turn) => decideContact(turn, contact));
}

async function noteAddress({ runner, ports }: AddressBookParts): Promise<void> {
  const { state } = runner;
  if (state === null || state.address === null || state.address.hasOthers !== null) return;
  const { id: conversationId, address, beginner } = state;
  const facts = await withTimeout(ports.noteAddress({ conversationId, email: address.email, isChat: beginner !== null }));
  runner.decide((turn) => decideAddressKnown(turn, facts));
}

async function noteClaims({ runner, ports }: AddressBookParts): Promise<void> {
  const { id: conversationId, claimsToNote: noted } = runner.state ?? { id: "", claimsToNote: [] };
  if (noted.length === 0) return;
  const facts = await withTimeout(Promise.all(noted.map((email) => ports.noteAddress({ conversationId, email, isChat: true }))));
  // First, so that a crash between the two asks once more.
  if (facts.some(({ isBlocked }) => isBlocked)) runner.decide((turn) => decideBlocked(turn, true));
  runner.decide((turn) => decideClaimsNoted(turn, noted));
}

async function notePlace({ runner, ports }: AddressBookParts): Promise<void> {
  const { state } = runner;
  const email = state?.placeToNote ?? null;
  if (state === null || email === null) return;
  await withTimeout(ports.notePlace({ conversationId: state.id, email }));
  runner.decide((turn) =>
    turn.state.placeToNote === email ? [{ kind: "state", state: { ...turn.state, placeToNote: null } }] : [],
  );
}
