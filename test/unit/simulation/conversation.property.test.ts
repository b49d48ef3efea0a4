/**
 * The server's rules and the client together, under every order of events that a seed gives: drops, duplicates, late
 * frames, silence, reloads, crashes between storing and telling.
 */
import { type Arbitrary, array, assert, constant, double, integer, nat, oneof, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { computeStatus } from "../../../web/shared/client-state.ts";
import { Random } from "../../../tools/faults/random.ts";
import type { SimulatedClient } from "./simulated-client.ts";
import { SimulatedWorld } from "./simulated-world.ts";

type Action = (world: SimulatedWorld) => void;

const choice = double({ min: 0, max: 0.999, noNaN: true });

const action: Arbitrary<Action> = oneof(
  {
    weight: 12,
    arbitrary: choice.map(
      (at): Action =>
        (world) =>
          void world.deliver(at),
    ),
  },
  {
    weight: 4,
    arbitrary: tuple(nat(2), nat(4)).map(
      ([who, kind]): Action =>
        (world) =>
          world.write(who, kind === 0),
    ),
  },
  {
    weight: 3,
    arbitrary: nat(900).map(
      (ms): Action =>
        (world) =>
          world.advance(ms),
    ),
  },
  {
    weight: 1,
    arbitrary: integer({ min: 1_000, max: 40_000 }).map(
      (ms): Action =>
        (world) =>
          world.advance(ms),
    ),
  },
  {
    weight: 1,
    arbitrary: choice.map(
      (at): Action =>
        (world) =>
          world.cut(at),
    ),
  },
  {
    weight: 1,
    arbitrary: choice.map(
      (at): Action =>
        (world) =>
          world.silence(at),
    ),
  },
  {
    weight: 1,
    arbitrary: choice.map(
      (at): Action =>
        (world) =>
          world.duplicate(at),
    ),
  },
  {
    weight: 1,
    arbitrary: choice.map(
      (at): Action =>
        (world) =>
          world.crashAfterStoring(at),
    ),
  },
  { weight: 1, arbitrary: constant<Action>((world) => world.crash()) },
  {
    weight: 1,
    arbitrary: nat(2).map(
      (who): Action =>
        (world) =>
          world.reload(who),
    ),
  },
);

const RUNS = 1_500;
const SEED = 20_261_123;

function run(seed: number, actions: readonly Action[]): SimulatedWorld {
  const random = new Random(seed);
  const world = new SimulatedWorld(() => random.next());
  for (const step of actions) step(world);
  world.settle();
  return world;
}

/** Clients check on every step that their screen is in order: see `simulated-client.ts`. */
function check(world: SimulatedWorld): void {
  const { messages } = world.server;
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
  for (const client of world.clients) checkClient(client, world);
}

function checkClient(client: SimulatedClient, { server }: SimulatedWorld): void {
  const own = server.messages.filter(({ text }) => client.sent.includes(text));
  // [A2][A3] Everything that was written is stored once, in the order of writing.
  expect(own.map(({ text }) => text)).toEqual(client.sent);
  // [A1] What was acknowledged, and what was ever seen, is stored under that number.
  for (const [clientId, { seq, id }] of client.acknowledged) {
    expect(server.messages[seq - 1]).toMatchObject({ id, text: clientId });
  }
  for (const [seq, id] of client.seen) expect(server.messages[seq - 1]?.id).toBe(id);
  // [A3] In the end everybody shows all that they may see.
  const may = server.messages.filter(({ channel }) => client.kind === "agent" || channel !== "note");
  expect(client.state.messages.map(({ id }) => id)).toEqual(may.map(({ id }) => id));
  expect(computeStatus(client.state)).toEqual({ kind: "up-to-date", unsent: 0 });
}

describe("the server's rules and the client, in every order that a seed gives", () => {
  test("[A1][A2][A3] nothing is lost, doubled or out of order", () => {
    assert(
      property(nat(), array(action, { maxLength: 80 }), (seed, actions) => check(run(seed, actions))),
      { numRuns: RUNS, seed: SEED },
    );
  });

  test("[A3] an absence of many pages is caught up in order while others go on writing", () => {
    assert(
      property(nat(), integer({ min: 60, max: 140 }), array(action, { maxLength: 20 }), (seed, count, actions) => {
        const absence: Action[] = [(world) => world.cut(0.5)];
        for (let index = 0; index < count; index += 1) absence.push((world) => world.write(index, false));
        check(run(seed, [...absence, ...actions]));
      }),
      { numRuns: 60, seed: SEED },
    );
  });
});
