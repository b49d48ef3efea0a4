/** The search is worth what it finds: each rule is broken on purpose, and what that sentence is there for goes wrong. */
import { env } from "node:process";
import { describe, expect, test } from "vitest";
import { ALPHABET } from "./alphabet.ts";
import { LOSSES } from "./broken-rules.ts";
import { searchPairs } from "./pairs.ts";
import { breaking, RULES, type Rule } from "./rules.ts";
import { FIRST, SCENES } from "./scenes.ts";
import { search, shorten, type Finding } from "./search.ts";
import { storyOf } from "./story.ts";

/** `PROOF_STORIES=1` tells what is lost without each rule. */
const IS_TELLING = env["PROOF_STORIES"] !== undefined;

const DEPTH = 6;
const SCENE_DEPTH = 4;
const PAIR_DEPTH = 5;
const TIMEOUT_MS = 120_000;

const ALPHABET_OF_MAILS = ALPHABET.filter((action) => action.do !== "complete");
const ALPHABET_OF_PAIRS = ALPHABET.filter((action) => action.do !== "block");
/** What merges tell is another matter than what mails do. */
const ALPHABET_WITHOUT_MERGES = ALPHABET_OF_PAIRS.filter((action) => action.do !== "merge");

const rules = Object.keys(RULES) as Rule[];

function find(rule: Rule): Finding | null {
  const kept = breaking(rule);
  const { scene, invariant } = LOSSES[rule];
  if (invariant === "I6") {
    const alphabet = rule === "lineNamesWhatWasGiven" ? ALPHABET_WITHOUT_MERGES : ALPHABET_OF_PAIRS;
    return searchPairs({ name: "A", beginning: FIRST, alphabet, depth: PAIR_DEPTH, kept }).finding;
  }
  const beginning = scene === undefined ? FIRST : SCENES[scene];
  const depth = scene === undefined ? DEPTH : SCENE_DEPTH;
  const { finding } = search({ beginnings: [beginning], alphabet: ALPHABET_OF_MAILS, depth, kept });
  return finding === null ? null : shorten(finding, kept);
}

/** Told once in full: what a reader sees where a search finds something. */
const STORIES: Partial<Record<Rule, string>> = {
  secretNeedsItsToken: `1. A types vera@ in the widget
2. A asks for a code, which goes to vera@
3. somebody opens the secret that was mailed to vera@ for A, in a browser without a token of ours
4. vera@ mails, something new: it joins chat 1
→ I1: A is sent what vera@ mailed.`,
  oldTokenEnds: `1. A types vera@ in the widget
2. A asks for a code, which goes to vera@
3. a request with A's token carries the secret that was mailed to vera@ for A
4. A uses the token that confirming made
5. vera@ mails, something new: it joins chat 1
→ I1: an old token of A is sent what vera@ mailed.`,
  recipientsAreStored: `1. A types vera@ in the widget
2. an agent who sees vera@ answers chat 1 by mail
3. A types eve@ in the widget
4. the mail that waits in chat 1 leaves
→ I3: an answer goes elsewhere than to vera@, which its agent saw.`,
  unseenGoesToItsGiver: `1. an agent answers A in the chat
2. B types vera@ in the widget
3. an agent merges chat 1 into chat 2
4. A has left: the chat replies are to be mailed
5. the mail that waits in chat 2 leaves
→ I3: what A was told is mailed to an address that they did not give.`,
  lineNamesWhatWasGiven: `1. A types vera@ in the widget
2. vera@ mails, something new: it joins chat 1
3. A types eve@ in the widget
4. an agent who sees vera@ answers chat 1 by mail
5. the mail that waits in chat 1 leaves
→ I6: A is shown [open; line: vera@; chat A null 0], and without what is not for it [open; line: eve@; chat A null 0].`,
};

describe("[A16] a rule that is broken on purpose is found", () => {
  test.each(rules.map((rule) => ({ rule, sentence: RULES[rule] })))(
    "$rule: $sentence",
    ({ rule }) => {
      const { invariant, steps } = LOSSES[rule];
      const finding = find(rule);
      expect(finding === null ? null : { invariant: finding.invariant, steps: finding.actions.length }).toEqual({
        invariant,
        steps,
      });
      const told = finding === null ? "" : storyOf(finding);
      if (IS_TELLING) console.info(`${rule}: ${RULES[rule]}\n${told}`);
      expect(told).toBe(STORIES[rule] ?? told);
    },
    TIMEOUT_MS,
  );
});
