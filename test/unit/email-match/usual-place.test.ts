/** [M16] [S14] Which conversation may be the usual place of an address. */
import { expect, test } from "vitest";
import type { MailFacts } from "../../../durable-objects/conversation/intake.ts";
import { mayBePlace } from "../../../worker/email/usual-place.ts";

const [VERA, LEO] = ["vera@mail.example", "leo@mail.example"];
const MAILS: MailFacts = { contactId: null, email: VERA, beginner: null, form: null, subject: null };
const chat = (given: string[], confirmed: string | null = null, email: string | null = given.at(-1) ?? null): MailFacts => ({
  ...MAILS,
  email,
  beginner: { given, confirmed },
});

test.each<[string, MailFacts, boolean, boolean]>([
  ["one that a mail or an agent began, of that address", MAILS, false, true],
  ["also where there are others", MAILS, true, true],
  ["not of another address", { ...MAILS, email: LEO }, false, false],
  ["not one that a contact form began", { ...MAILS, form: "form@shop.example" }, false, false],
  ["a chat in which it was typed, where the address has no other", chat([VERA]), false, true],
  ["[T2] not where it has another", chat([VERA]), true, false],
  ["not where another address was typed since", chat([VERA, LEO]), false, false],
  ["not where replies go to it, and nobody typed it here", chat([LEO], null, VERA), false, false],
  ["not where it was typed, and an agent lets replies go elsewhere", chat([VERA], null, LEO), false, false],
  ["a chat whose browser is, or was, confirmed for it", chat([VERA], VERA), true, true],
  ["whatever was typed, or replies go to, since", chat([VERA, LEO], VERA, LEO), true, true],
  ["[T2] not one whose browser is confirmed for another address", chat([VERA], LEO), false, false],
  ["no chat that gave none", chat([]), false, false],
])("%s", (_, facts, hasOthers, mayBe) => {
  expect(mayBePlace(facts, VERA, { hasOthers })).toBe(mayBe);
});
