/** A short run of the fault suite; the long one is `npm run test:faults -- --minutes 30`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runFaults } from "../../tools/faults/run.ts";

/** The same schedule each time: kills, cuts and the rest within these seconds. */
const SEED = 12;
const DURATION_MS = 14_000;
const TEST_TIMEOUT_MS = 120_000;

const folder = await mkdtemp(join(tmpdir(), "hilo-faults-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

test(
  "[A1][A2][A3][A8][A9] no message is lost, doubled or out of order while the server is killed and connections are cut",
  async () => {
    const options = { seed: SEED, durationMs: DURATION_MS, chats: 8, correspondents: 2, folder, isHurried: true };
    const { verdict, kills, cuts, messages, mailsIn } = await runFaults(options);
    expect(verdict).toEqual({ lost: [], doubled: [], outOfOrder: [], gaps: [], behind: [] });
    expect(kills).toBeGreaterThan(0);
    expect(cuts).toBeGreaterThan(5);
    expect(messages).toBeGreaterThan(50);
    expect(mailsIn).toBeGreaterThan(0);
  },
  TEST_TIMEOUT_MS,
);
