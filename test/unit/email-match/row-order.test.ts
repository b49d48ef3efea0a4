/**
 * The order of the decision table, by its neighbours. Each case has facts that fit the later row, and the same facts with
 * what makes the row before it fit too; that one wins. Whatever else is true of the mail and belongs to rows below makes
 * no difference.
 */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { matchConversation } from "../../../worker/email/match-conversation.ts";
import type { MatchFacts } from "../../../worker/email/match-facts.ts";
import {
  BOUNCE,
  ORIGINAL,
  buildContact,
  buildFacts,
  buildForm,
  buildFound,
  buildMail,
  buildPass,
  buildSender,
  buildToken,
  type MailFacts,
} from "./build-facts.ts";

const contact = buildContact();
const FORWARDED = { forwardedFrom: { address: "leo@mail.example", name: null, subject: null } };
const LOOP = { loopMarker: "loop-1" };
const OWN = { from: { address: "hello@shop.example", name: null } };
const BOUNCED = { class: "bounce", bounce: BOUNCE } as const;
const strangers = [buildFound({ relation: "stranger" })];

interface Case {
  title: string;
  /** Fits the later row. */
  later: Partial<MatchFacts>;
  laterMail?: Partial<MailFacts>;
  /** With it the row before fits too. */
  both: Partial<MatchFacts>;
  bothMail?: Partial<MailFacts>;
}

const CASES: readonly Case[] = [
  { title: "[M1] wins over [M2]", later: { duplicate: "same" }, both: { mailbox: null } },
  { title: "[M2] wins over [M3a]", later: {}, laterMail: LOOP, both: { duplicate: "same" } },
  { title: "[M3a] wins over [M7a]", later: { form: buildForm() }, both: {}, bothMail: LOOP },
  { title: "[M7a] wins over [M3b]", later: {}, laterMail: OWN, both: { form: buildForm() } },
  { title: "[M3b] wins over [M4]", later: { original: ORIGINAL }, laterMail: { class: "complaint" }, both: {}, bothMail: OWN },
  { title: "[M4] wins over [M5]", later: { original: ORIGINAL }, laterMail: BOUNCED, both: {}, bothMail: { class: "complaint" } },
  { title: "[M5] wins over [M6]", later: {}, laterMail: BOUNCED, both: { original: ORIGINAL } },
  { title: "[M6] wins over [M7]", later: { sender: buildSender({ isBlocked: true }) }, both: {}, bothMail: BOUNCED },
  {
    title: "[M7] wins over [M8]",
    later: { sender: buildSender({ agentId: "a1" }) },
    laterMail: FORWARDED,
    both: { sender: buildSender({ agentId: "a1", isBlocked: true }) },
  },
  {
    title: "[M8] wins over [M9]",
    later: { sender: buildSender({ agentId: "a1" }), token: buildToken({ relation: "stranger" }) },
    laterMail: { authentication: buildPass() },
    both: {},
    bothMail: FORWARDED,
  },
  {
    title: "[M9] wins over [M9a]",
    later: { token: buildToken({ relation: "stranger" }, true, "forward") },
    both: { sender: buildSender({ agentId: "a1" }) },
    bothMail: { authentication: buildPass() },
  },
  {
    title: "[M9a] wins over [M10]",
    later: { token: buildToken({ relation: "participant" }) },
    both: { token: buildToken({ relation: "participant" }, true, "forward") },
  },
  {
    title: "[M10] wins over [M11]",
    later: { token: buildToken({ relation: "stranger" }) },
    both: { token: buildToken({ relation: "participant" }) },
  },
  {
    title: "[M11] wins over [M12]",
    later: { references: [buildFound()] },
    both: { token: buildToken({ relation: "stranger" }) },
  },
  {
    title: "[M12] wins over [M13]",
    later: { references: strangers },
    both: { references: [...strangers, buildFound({ conversationId: "c2" })] },
  },
  { title: "[M13] wins over [M14]", later: {}, laterMail: { class: "auto-reply" }, both: { references: strangers } },
  { title: "[M14] wins over [M15]", later: { isSpam: true }, both: {}, bothMail: { class: "auto-reply" } },
  { title: "[M15] wins over [M16]", later: { sender: buildSender({ contact }) }, both: { isSpam: true } },
  { title: "[M16] wins over [M16a]", later: { isBraked: true }, both: { sender: buildSender({ contact }) } },
  { title: "[M16a] wins over [M17]", later: {}, both: { isBraked: true } },
  { title: "[M16] wins over [M17]", later: {}, both: { sender: buildSender({ contact }) } },
];

const rowsOf = (title: string) => [...title.matchAll(/M\d+[a-z]?/gu)].map(([row]) => row);

/** Rows with a letter stand between the halves of their neighbour, or behind it: M16a is before M17. */
function orderOf(row: string): number {
  if (row === "M7a") return 3;
  return Number.parseInt(row.slice(1), 10) + (row === "M16a" ? 0.5 : 0);
}

/** True of a mail, and the business of the row with this number or of none. */
const NOISE: readonly { row: number; facts: Partial<MatchFacts> }[] = [
  { row: 15, facts: { isSpam: true } },
  { row: 12, facts: { references: [buildFound({ conversationId: "c9" })] } },
  { row: 13, facts: { references: strangers } },
  { row: 11, facts: { token: buildToken({ relation: "stranger" }) } },
  { row: 18, facts: { token: { kind: "bad" } } },
  { row: 18, facts: { settings: { canAgentsReplyByMail: true, isSplitBySubject: true } } },
  { row: 18, facts: { duplicate: "same-id-other-content" } },
];

it.each(CASES)("$title", ({ title, later, laterMail = {}, both, bothMail = {} }) => {
  const [winner = "", loser = ""] = rowsOf(title);
  const facts = buildFacts({ ...later, mail: buildMail(laterMail) });
  expect(matchConversation(facts).row).toBe(loser);
  const fitting = { ...facts, ...both, mail: { ...facts.mail, ...bothMail } };
  expect(matchConversation(fitting).row).toBe(winner);
  const below = NOISE.filter(({ row, facts: noise }) => {
    // What the case itself says stays true.
    const said = { ...later, ...both };
    return row > orderOf(winner) && Object.keys(noise).every((name) => !(name in said));
  });
  fc.assert(
    fc.property(fc.subarray([...below]), (noise) => {
      const noisy = noise.reduce<MatchFacts>((given, more) => ({ ...given, ...more.facts }), fitting);
      expect(matchConversation(noisy).row).toBe(winner);
    }),
    { seed: 11, numRuns: 100 },
  );
});
