/** What waits for a person in the ledger. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { ledgerEntrySchema, pageOf } from "../../../worker/domain/api-shapes.ts";
import { freshDeployment } from "../support/deployment.ts";
import { read, refused } from "../support/http.ts";
import { rawMail, receive, settled } from "../support/inbound.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

const page = pageOf(ledgerEntrySchema);
const QUERY =
  "EXPLAIN QUERY PLAN SELECT * FROM ledger WHERE state IN ('quarantined', 'failed') ORDER BY received_at DESC, id DESC LIMIT 2";

test("GET /api/ledger?state=attention names quarantined and failed mails only, page by page, from an index of their own", async () => {
  for (const subject of ["joined", "kept", "broken", "aside"]) await receive(rawMail({ subject }));
  await settled(key, 4);
  for (const [state, subject] of [
    ["quarantined", "kept"],
    ["failed", "broken"],
    ["filtered", "aside"],
  ])
    await env.DB.prepare("UPDATE ledger SET state = ? WHERE subject = ?").bind(state, subject).run();
  const first = await read(page, { key }, "GET /api/ledger?state=attention&limit=1");
  expect(first.items.map(({ subject }) => subject)).toEqual(["broken"]);
  const second = await read(page, { key }, `GET /api/ledger?state=attention&limit=1&cursor=${first.nextCursor}`);
  expect(second).toMatchObject({ items: [{ subject: "kept", state: "quarantined" }], nextCursor: null });
  await refused({ key }, "GET /api/ledger?state=anything", [422, "invalid"]);
  const { results } = await env.DB.prepare(QUERY).run();
  expect(JSON.stringify(results)).toContain("ledger_attention");
});
