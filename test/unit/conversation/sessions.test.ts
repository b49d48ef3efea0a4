/** [B2] [B4] [B7] A session, what it has shown, and its tokens. */
import { describe, expect, test } from "vitest";
import { decideBlocked } from "../../../durable-objects/conversation/commands.ts";
import type { Effect } from "../../../durable-objects/conversation/effects.ts";
import {
  CODE_MS,
  CODE_TRIES_MAX,
  CONFIRMED_UNUSED_MS,
  GIVEN_MAX,
  confirmedAddressOf,
  decideSession,
  decideUse,
  isAdmitted,
  isConfirmedFor,
  tokenOf,
  withGiven,
  type Beginner,
  type SessionCommand,
} from "../../../durable-objects/conversation/sessions.ts";
import type { ConversationState } from "../../../durable-objects/conversation/state.ts";
import { NOW, SESSION, aBeginner, aMailState, aState, aTurn, anAddress, uuid } from "../../support/conversation-builders.ts";

const [VERA, LEO] = ["vera@customer.test", "leo@customer.test"];
const DAY_MS = 24 * 60 * 60_000;
const OWN = { sessionId: SESSION, generation: 1 };
const NEXT = { sessionId: SESSION, generation: 2 };
const CODE = { email: VERA, hash: "right", expiresAt: NOW + CODE_MS, tries: 0 };

const withBeginner = (over: Partial<Beginner> = {}) =>
  aState({ address: anAddress(VERA), beginner: aBeginner({ given: [VERA], ...over }) });
const at = (state: ConversationState, now = NOW) => ({ ...aTurn(state), now });
const stateAfter = (state: ConversationState, effects: Effect[]) =>
  effects.findLast((effect) => effect.kind === "state")?.state ?? state;

/** Carried out as the object does it. */
function ask(state: ConversationState, command: SessionCommand, claim = OWN, now = NOW) {
  const { effects, answer } = decideSession(at(state, now), claim, command);
  return { answer, effects, state: stateAfter(state, effects), kinds: effects.map(({ kind }) => kind) };
}

function use(state: ConversationState, claim = NEXT, now = NOW) {
  const effects = decideUse(at(state, now), claim);
  return { effects, state: stateAfter(state, effects), kinds: effects.map(({ kind }) => kind) };
}

describe("[T5] [B2] which tokens open a conversation", () => {
  const pending = { email: VERA, generation: 2 };

  test.each<[string, Partial<Beginner>, { sessionId: string | null; generation: number }, boolean]>([
    ["its own", {}, OWN, true],
    ["one from before sessions had ids", {}, { sessionId: null, generation: 1 }, true],
    ["not another session's", {}, { sessionId: uuid(9), generation: 1 }, false],
    ["not one of another generation", {}, NEXT, false],
    ["not one from before, of another generation", {}, { sessionId: null, generation: 2 }, false],
    ["the one that confirming has made, and the older one until that is used", { pending }, OWN, true],
    ["the one that confirming has made", { pending }, NEXT, true],
    ["not the older one after that", { generation: 2 }, OWN, false],
    ["none while the contact is blocked", { isBlocked: true }, OWN, false],
    ["none while it is shut out by hand", { isShutOut: true }, OWN, false],
    ["none after it was ended", { isEnded: true }, OWN, false],
  ])("%s", (_, over, claim, isOpen) => {
    expect(isAdmitted(withBeginner(over), claim)).toBe(isOpen);
    expect(ask(withBeginner(over), { kind: "use" }, claim as typeof OWN).answer.kind).toBe(isOpen ? "ok" : "refused");
  });

  test("none where nobody began a chat", () => {
    expect(isAdmitted(aMailState(), OWN)).toBe(false);
    expect(isAdmitted(aMailState(), { sessionId: null, generation: 1 })).toBe(false);
    expect([tokenOf(aMailState()), decideUse(at(aMailState()), OWN)]).toEqual([null, []]);
  });

  test.each<Partial<Beginner>>([{ isBlocked: true }, { isShutOut: true }, { isEnded: true }])(
    "%o is refused whatever it asks, and nothing changes",
    (over) => {
      const refused = { effects: [], answer: { kind: "refused" } };
      const commands: SessionCommand[] = [
        { kind: "end" },
        { kind: "new-code", email: VERA, hash: "x" },
        { kind: "try-code", hash: "right" },
        { kind: "confirm", sessionId: SESSION, email: VERA },
      ];
      for (const command of commands)
        expect(decideSession(at(withBeginner({ ...over, code: CODE })), OWN, command)).toEqual(refused);
      expect(tokenOf(withBeginner(over))).toEqual({ id: SESSION, generation: 1, isRefused: true });
    },
  );
});

describe("[B4] confirming", () => {
  const confirmed = ask(withBeginner({ code: CODE }), { kind: "try-code", hash: "right" });

  test("makes a token of the same session, and counts for nothing before it is used", () => {
    expect(confirmed.answer).toEqual({ kind: "confirmed", sessionId: SESSION, generation: 2 });
    expect(confirmed.kinds).toEqual(["state"]);
    const { beginner } = confirmed.state;
    expect(beginner).toMatchObject({ generation: 1, confirmed: null, code: null, pending: { email: VERA, generation: 2 } });
    if (beginner !== null) expect(confirmedAddressOf(beginner, NOW)).toBeNull();
    // Whoever still has the older one goes on as before.
    expect(use(confirmed.state, OWN).effects).toEqual([]);
  });

  test("the first use of it is what counts: the older token and its sockets end, what was for the session is for the address", () => {
    const { effects, state } = use(confirmed.state);
    expect(state.beginner).toMatchObject({
      id: SESSION,
      generation: 2,
      pending: null,
      confirmed: { email: VERA, usedAt: NOW },
      everConfirmed: [VERA],
    });
    expect(effects).toEqual([
      { kind: "widen", sessionId: SESSION, email: VERA },
      {
        kind: "event",
        event: { at: NOW, afterSeq: 0, kind: "confirmed", actor: { kind: "visitor" }, subject: { name: VERA } },
      },
      { kind: "state", state },
      { kind: "close-sessions", exceptGeneration: 2 },
      { kind: "conversation" },
    ]);
    expect(state).toMatchObject({ placeToNote: VERA, isAskedToConfirm: false, revision: 1 });
    expect(isAdmitted(state, OWN)).toBe(false);
    expect(use(state).effects).toEqual([]);
  });

  test("any question with the new token is its use", () => {
    const { state, answer } = ask(confirmed.state, { kind: "use" }, NEXT);
    expect([answer.kind, state.beginner?.confirmed]).toEqual(["ok", { email: VERA, usedAt: NOW }]);
    expect(ask(confirmed.state, { kind: "end" }, NEXT).state.beginner).toMatchObject({
      isEnded: true,
      confirmed: { email: VERA },
    });
  });

  test("[T2] a secret that was mailed for another session confirms nothing and changes nothing", () => {
    const foreign = ask(withBeginner(), { kind: "confirm", sessionId: uuid(9), email: VERA });
    expect([foreign.answer, foreign.effects]).toEqual([{ kind: "expired" }, []]);
    const own = ask(withBeginner(), { kind: "confirm", sessionId: SESSION, email: VERA });
    expect(own.answer).toEqual({ kind: "confirmed", sessionId: SESSION, generation: 2 });
  });

  test("a link can be repeated: each makes a token, and the level is the same", () => {
    const secret: SessionCommand = { kind: "confirm", sessionId: SESSION, email: VERA };
    const first = use(ask(withBeginner(), secret).state);
    const second = ask(first.state, secret, NEXT);
    expect(second.answer).toMatchObject({ generation: 3 });
    const after = use(second.state, { sessionId: SESSION, generation: 3 });
    expect(after.state.beginner).toMatchObject({ confirmed: { email: VERA }, everConfirmed: [VERA], generation: 3 });
  });

  test("[T5] a token that was made for another address opens nothing once a newer one is made", () => {
    const first = ask(withBeginner(), { kind: "confirm", sessionId: SESSION, email: LEO });
    const second = ask(first.state, { kind: "confirm", sessionId: SESSION, email: VERA });
    const newest = { sessionId: SESSION, generation: 3 };
    expect([first.answer, second.answer]).toMatchObject([{ generation: 2 }, { generation: 3 }]);
    expect([isAdmitted(second.state, NEXT), isAdmitted(second.state, newest)]).toEqual([false, true]);
    expect(isAdmitted(use(second.state, newest).state, NEXT)).toBe(false);
    // The same request again has the same token.
    const repeated = ask(second.state, { kind: "confirm", sessionId: SESSION, email: VERA });
    expect(repeated.answer).toMatchObject({ generation: 3 });
  });

  test("[T5] nor one that was made before the session was blocked", () => {
    const made = ask(withBeginner(), { kind: "confirm", sessionId: SESSION, email: LEO });
    const blocked = stateAfter(made.state, decideBlocked(at(made.state), true));
    const unblocked = stateAfter(blocked, decideBlocked(at(blocked), false));
    const after = ask(unblocked, { kind: "confirm", sessionId: SESSION, email: VERA });
    expect([after.answer, isAdmitted(after.state, NEXT)]).toMatchObject([{ generation: 3 }, false]);
  });

  test("does not change where replies go", () => {
    const other = aState({ address: anAddress(LEO), beginner: aBeginner({ given: [LEO, VERA], code: CODE }) });
    const { state } = use(ask(other, { kind: "try-code", hash: "right" }).state);
    expect(state.address).toEqual(anAddress(LEO));
  });
});

describe("[B5] the one widening", () => {
  const confirm = (over: Partial<Beginner>) => use(withBeginner({ pending: { email: VERA, generation: 2 }, ...over })).kinds;

  test.each<[string, Partial<Beginner>, boolean]>([
    ["the first address", {}, true],
    ["the same address again", { everConfirmed: [VERA], confirmed: { email: VERA, usedAt: 0 } }, true],
    ["another address than before", { everConfirmed: [LEO], confirmed: { email: LEO, usedAt: NOW } }, false],
    ["one of two", { everConfirmed: [VERA, LEO] }, false],
  ])("%s", (_, over, isWidened) => {
    expect(confirm(over).includes("widen")).toBe(isWidened);
  });

  test("[B3] a session is confirmed for one address at most: the last one", () => {
    const { state } = use(
      withBeginner({ pending: { email: VERA, generation: 2 }, confirmed: { email: LEO, usedAt: NOW }, everConfirmed: [LEO] }),
    );
    expect(state.beginner).toMatchObject({ confirmed: { email: VERA }, everConfirmed: [LEO, VERA] });
  });
});

describe("[B7] codes", () => {
  const waiting = withBeginner({ code: CODE });
  const typeWrong = (state: ConversationState) => ask(state, { kind: "try-code", hash: "wrong" });

  test("a new one ends the old, for whatever address it is", () => {
    const { state, answer } = ask(waiting, { kind: "new-code", email: LEO, hash: "newer" });
    expect(state.beginner?.code).toEqual({ email: LEO, hash: "newer", expiresAt: NOW + CODE_MS, tries: 0 });
    expect(answer).toMatchObject({ kind: "ok", email: LEO });
    expect(ask(state, { kind: "try-code", hash: "right" }).answer).toEqual({ kind: "wrong", triesLeft: CODE_TRIES_MAX - 1 });
  });

  test("a wrong one is counted, and the fifth ends it: then the right one is too late", () => {
    let state = waiting;
    const answers = [];
    for (let tries = 0; tries < CODE_TRIES_MAX; tries += 1) {
      const step = typeWrong(state);
      ({ state } = step);
      answers.push(step.answer);
    }
    expect(answers).toEqual([4, 3, 2, 1, 0].map((triesLeft) => ({ kind: "wrong", triesLeft })));
    expect(state.beginner?.code).toBeNull();
    expect(ask(state, { kind: "try-code", hash: "right" })).toMatchObject({ answer: { kind: "expired" }, effects: [] });
  });

  test("four wrong ones and the right one confirm", () => {
    let state = waiting;
    for (let tries = 1; tries < CODE_TRIES_MAX; tries += 1) ({ state } = typeWrong(state));
    expect(ask(state, { kind: "try-code", hash: "right" }).answer).toMatchObject({ kind: "confirmed" });
  });

  test("it is over after fifteen minutes, and where there is none", () => {
    const right: SessionCommand = { kind: "try-code", hash: "right" };
    expect(ask(waiting, right, OWN, NOW + CODE_MS).answer).toMatchObject({ kind: "confirmed" });
    expect(ask(waiting, right, OWN, NOW + CODE_MS + 1).answer).toEqual({ kind: "expired" });
    expect(ask(withBeginner(), right).answer).toEqual({ kind: "expired" });
  });

  test("used once it is gone", () => {
    const { state } = ask(waiting, { kind: "try-code", hash: "right" });
    expect(ask(state, { kind: "try-code", hash: "right" }).answer).toEqual({ kind: "expired" });
  });

  test("what the Worker is told before one leaves or is tried", () => {
    const heard = { correspondents: [{ email: VERA, mails: 1, bounces: 0, isHeard: true, isReachable: true }] };
    const state = { ...withBeginner({ code: CODE, stopped: [LEO], origin: "https://shop.example" }), ...heard };
    expect(ask(state, { kind: "use" }).answer).toEqual({
      kind: "ok",
      sessionId: SESSION,
      origin: "https://shop.example",
      email: VERA,
      isStopped: false,
      isAnswered: true,
      code: { email: VERA, isAnswered: true },
    });
    // A mail that came by no token of ours is no answer: anybody may have put that address into its From line.
    const unproven = { correspondents: heard.correspondents.map((known) => ({ ...known, isReachable: false })) };
    expect(ask({ ...state, ...unproven }, { kind: "use" }).answer).toMatchObject({
      isAnswered: false,
      code: { email: VERA, isAnswered: false },
    });
    expect(ask(state, { kind: "use", email: LEO }).answer).toMatchObject({ email: LEO, isStopped: true, isAnswered: false });
    // Nobody waits for one that is over.
    expect(ask(state, { kind: "use" }, OWN, NOW + CODE_MS + 1).answer).toMatchObject({ code: null });
    expect(ask(aState({ beginner: aBeginner({ given: [VERA, LEO] }) }), { kind: "use" }).answer).toMatchObject({ email: LEO });
    expect(ask(aState(), { kind: "use" }).answer).toMatchObject({ email: null });
  });
});

describe("[B2] how long it counts", () => {
  const since = (usedAt: number) => withBeginner({ confirmed: { email: VERA, usedAt }, everConfirmed: [VERA] });
  const levelAt = (state: ConversationState, now: number) =>
    state.beginner === null ? null : confirmedAddressOf(state.beginner, now);

  test("ninety days after the last use, which is noted once a day", () => {
    expect(levelAt(since(NOW), NOW + CONFIRMED_UNUSED_MS)).toBe(VERA);
    expect(levelAt(since(NOW), NOW + CONFIRMED_UNUSED_MS + 1)).toBeNull();
    expect(use(since(NOW), OWN, NOW + DAY_MS - 1).effects).toEqual([]);
    expect(use(since(NOW), OWN, NOW + DAY_MS).state.beginner?.confirmed).toEqual({ email: VERA, usedAt: NOW + DAY_MS });
  });

  test("a use after that does not bring it back, and what is for the session by its id stays", () => {
    const late = use(since(NOW), OWN, NOW + CONFIRMED_UNUSED_MS + 1);
    expect(late.effects).toEqual([]);
    expect(isAdmitted(late.state, OWN)).toBe(true);
    const beginner = late.state.beginner ?? aBeginner();
    // It is a confirmed beginner still: whose conversation this is has been shown.
    expect([isConfirmedFor(beginner, VERA), isConfirmedFor(beginner, LEO)]).toEqual([true, false]);
  });

  test("[T5] ending it refuses its tokens, drops its code and sends its sockets away", () => {
    const { state, kinds } = ask(withBeginner({ code: CODE, pending: { email: VERA, generation: 2 } }), { kind: "end" });
    expect(kinds).toEqual(["state", "close-sessions", "presence"]);
    expect(state.beginner).toMatchObject({ isEnded: true, code: null, pending: null });
    expect([isAdmitted(state, OWN), isAdmitted(state, NEXT)]).toEqual([false, false]);
  });
});

test("the addresses that it gave: each once, the newest last, and not without end", () => {
  const given = (state: ConversationState) => state.beginner?.given;
  let state = aState();
  for (const email of [VERA, LEO, VERA]) state = withGiven(state, email);
  expect(given(state)).toEqual([LEO, VERA]);
  expect(withGiven(state, VERA)).toBe(state);
  for (let n = 0; n < 30; n += 1) state = withGiven(state, `${n}@customer.test`);
  expect(given(state)).toHaveLength(GIVEN_MAX);
  expect(given(state)?.at(-1)).toBe("29@customer.test");
  expect(withGiven(aMailState(), VERA)).toEqual(aMailState());
});

describe("[T5] [B4] a copy of a token", () => {
  test("that was confirmed for another address, and kept, opens nothing after the owner has confirmed theirs", () => {
    const stolen = ask(withBeginner(), { kind: "confirm", sessionId: SESSION, email: LEO });
    const owners = ask(stolen.state, { kind: "confirm", sessionId: SESSION, email: VERA });
    const generations = [stolen, owners].map(({ answer }) => (answer.kind === "confirmed" ? answer.generation : null));
    expect(generations).toEqual([2, 3]);
    const used = use(owners.state, { sessionId: SESSION, generation: 3 }).state;
    expect(used.beginner?.confirmed?.email).toBe(VERA);
    expect([1, 2, 3].map((generation) => isAdmitted(used, { sessionId: SESSION, generation }))).toEqual([false, false, true]);
    // Not even where the first was forgotten meanwhile.
    const forgotten = { ...stolen.state, beginner: aBeginner({ ...stolen.state.beginner, pending: null }) };
    expect(ask(forgotten, { kind: "confirm", sessionId: SESSION, email: VERA }).answer).toMatchObject({ generation: 3 });
  });

  test("a try counts for the address of the code, whatever was typed since", () => {
    const heard = { correspondents: [{ email: LEO, mails: 1, bounces: 0, isHeard: true, isReachable: true }] };
    const state = { ...withBeginner({ code: CODE, given: [VERA, LEO] }), ...heard };
    expect(ask(state, { kind: "use" }).answer).toMatchObject({ isAnswered: true, code: { email: VERA, isAnswered: false } });
  });
});
