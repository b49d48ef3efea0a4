/**
 * Generated and damaged mails through the whole intake, in the real runtime. `MAIL_FUZZ=10000 npx vitest run --project
 * workers test/workers/mail/odd-mails.test.ts` runs all of them.
 */
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { handleCron } from "../../../worker/cron.ts";
import { oddMails, type OddMail } from "../../support/mail-mutations.ts";
import { freshDeployment } from "../support/deployment.ts";
import { receive } from "../support/inbound.ts";
import { count } from "../support/threads.ts";

const COUNT = Number(env.MAIL_FUZZ ?? "300");
const SEED = Number(env.MAIL_FUZZ_SEED ?? "20261102");
/** Ms for one mail on a busy machine; a mail that takes longer is one that somebody made on purpose. */
const MAIL_MS_MAX = 30_000;
/** Mails that arrive together. */
const AT_ONCE = 10;
const TEST_TIMEOUT_MS = 60_000 + COUNT * 400;

beforeAll(async () => {
  await freshDeployment();
});

const CLOCK_MS = 60 * 60_000;

/** Mails of one sender that come at once can be in each other's way; cron takes them up again, as it does in production. */
async function settleRest(): Promise<void> {
  for (let tries = 0; tries < 5 && (await count("ledger", "retry_at IS NOT NULL")) > 0; tries += 1) {
    await env.DB.prepare("UPDATE ledger SET retry_at = 1 WHERE retry_at IS NOT NULL").run();
    await handleCron(env);
  }
}

function* inBatches(mails: Iterable<OddMail>): Generator<OddMail[]> {
  let batch: OddMail[] = [];
  for (const mail of mails) {
    batch.push(mail);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** What the ledger says of all mails, by state; a place is a conversation, or a reason. */
async function tally(): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare("SELECT state, COUNT(*) AS n FROM ledger GROUP BY state").all<{
    state: string;
    n: number;
  }>();
  return Object.fromEntries(results.map(({ state, n }) => [state, n]));
}

test(
  `[A8] of ${COUNT} odd mails none is lost, none stops another, each is in a thread or has its reason`,
  async () => {
    let accepted = 0;
    let slowest = { ms: 0, mutation: "" };
    const seen = new Set<string>();
    for (const batch of inBatches(oddMails(SEED, COUNT))) {
      await Promise.all(
        batch.map(async ({ raw, mutation }, index) => {
          const startedAt = Date.now();
          expect(await receive(raw, { from: `sender${accepted + index}@example.test` })).toBeNull();
          const ms = Date.now() - startedAt;
          if (ms > slowest.ms) slowest = { ms, mutation };
          seen.add(new Uint8Array(await crypto.subtle.digest("SHA-256", raw)).toHex());
        }),
      );
      accepted += batch.length;
      // The window of the loop rule moves on, as it would between real mails.
      await env.DB.prepare("UPDATE ledger SET received_at = received_at - ? WHERE received_at > ?")
        .bind(CLOCK_MS, Date.now() - CLOCK_MS)
        .run();
      await settleRest();
    }
    const states = await tally();
    console.info(JSON.stringify({ event: "odd_mails", accepted, different: seen.size, states, slowest }));
    // The same bytes for the same recipient are one mail (A9).
    expect(Object.values(states).reduce((sum, n) => sum + n, 0)).toBe(seen.size);
    expect(await count("ledger", "state IN ('received', 'parsed', 'decided')")).toBe(0);
    expect(await count("ledger", "reason IS NULL OR reason = ''")).toBe(0);
    expect(
      await count("ledger", "state = 'applied' AND conversation_id IS NULL AND verdict != 'duplicate' AND verdict != 'event'"),
    ).toBe(0);
    expect(await count("ledger", "state = 'failed' AND conversation_id IS NULL")).toBe(0);
    expect(slowest.ms).toBeLessThan(MAIL_MS_MAX);
  },
  TEST_TIMEOUT_MS,
);
