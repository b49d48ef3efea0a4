import { type Arbitrary, array, assert, boolean, constant, constantFrom, integer, nat, oneof, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { computeStatus } from "../../../web/shared/client-state.ts";
import { SimulatedNetwork } from "./simulated-network.ts";

type Action =
  | { readonly kind: "send" | "cut" | "silence" | "reload" | "agent-writes" | "crash" | "offline" | "online" | "wake" }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "reachable"; readonly isReachable: boolean }
  | { readonly kind: "hidden"; readonly isHidden: boolean }
  | { readonly kind: "try-again"; readonly times: number };

const action: Arbitrary<Action> = oneof(
  { weight: 6, arbitrary: constant<Action>({ kind: "send" }) },
  { weight: 4, arbitrary: constant<Action>({ kind: "agent-writes" }) },
  { weight: 8, arbitrary: nat(60).map((ms): Action => ({ kind: "advance", ms })) },
  { weight: 3, arbitrary: integer({ min: 500, max: 60_000 }).map((ms): Action => ({ kind: "advance", ms })) },
  {
    weight: 2,
    arbitrary: constantFrom<Action[]>({ kind: "cut" }, { kind: "silence" }, { kind: "crash" }, { kind: "reload" }),
  },
  { weight: 1, arbitrary: constantFrom<Action[]>({ kind: "offline" }, { kind: "online" }, { kind: "wake" }) },
  { weight: 1, arbitrary: boolean().map((isReachable): Action => ({ kind: "reachable", isReachable })) },
  { weight: 1, arbitrary: boolean().map((isHidden): Action => ({ kind: "hidden", isHidden })) },
  { weight: 1, arbitrary: nat(3).map((times): Action => ({ kind: "try-again", times })) },
);

/** Small, fast, and the same on every machine: a property that fails must fail again. */
function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function perform(network: SimulatedNetwork, step: Action, sent: string[]): void {
  switch (step.kind) {
    case "send": {
      const clientId = `client-${String(sent.length).padStart(4, "0")}`;
      sent.push(clientId);
      return network.send(clientId);
    }
    case "agent-writes":
      return network.serverWrites();
    case "advance":
      return network.advance(step.ms);
    case "cut":
      return network.cut();
    case "silence":
      return network.silence();
    case "crash":
      network.isAnswering = false;
      network.advance(100);
      network.isAnswering = true;
      return network.cut();
    case "reload":
      return network.reload();
    case "offline":
    case "online":
    case "wake":
      return network.event({ kind: step.kind });
    case "reachable":
      network.isReachable = step.isReachable;
      return;
    case "hidden":
      return network.event({ kind: "visibility", isHidden: step.isHidden });
    case "try-again":
      network.tryAgain = step.times;
  }
}

describe("over a network that cuts, swallows and lags", () => {
  test("[A1][A2][A3] every message is stored once and in order, acknowledged once, and every message reaches the screen once", () => {
    assert(
      property(nat(), nat(20), array(action, { maxLength: 60 }), (seed, history, actions) => {
        const network = new SimulatedNetwork(makeRandom(seed), { overlap: seed % 5 });
        const sent: string[] = [];
        for (let index = 0; index < history; index += 1) network.serverWrites();
        network.event({ kind: "start" });
        for (const step of actions) {
          perform(network, step, sent);
          const seqs = network.state.messages.map(({ seq }) => seq);
          expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
        }
        network.isReachable = true;
        network.tryAgain = 0;
        network.event({ kind: "online" });
        network.advance(300_000);

        const stored = network.log.filter(({ author }) => author.kind === "visitor").map(({ text }) => text);
        expect(stored).toEqual(sent);
        expect([...network.acknowledged].sort()).toEqual(sent);
        expect(network.state.messages).toEqual(network.log);
        expect(network.store.size).toBe(0);
        expect(computeStatus(network.state)).toEqual({ kind: "up-to-date", unsent: 0 });
      }),
      { numRuns: 600, seed: 20_261_123 },
    );
  });

  test("[A3] what a reconnect asks for is never more than it has received in full", () => {
    assert(
      property(nat(), nat(20), array(action, { maxLength: 40 }), (seed, history, actions) => {
        const network = new SimulatedNetwork(makeRandom(seed), { overlap: seed % 5 });
        for (let index = 0; index < history; index += 1) network.serverWrites();
        network.event({ kind: "start" });
        const sent: string[] = [];
        for (const step of actions) {
          perform(network, step, sent);
          const { lastSeq, messages } = network.state;
          const missing = network.log.filter(({ seq }) => seq <= lastSeq && !messages.some((message) => message.seq === seq));
          expect(missing).toEqual([]);
        }
      }),
      { numRuns: 400, seed: 20_261_123 },
    );
  });
});
