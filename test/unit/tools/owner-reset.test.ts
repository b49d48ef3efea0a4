import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import * as v from "valibot";
import { chooseOwner, computeResetLink, ownersSchema } from "../../../tools/owner-reset/reset-link.ts";

const OLGA = { id: "01a21f84-0acb-716c-976a-edc07eb69fab", email: "olga@acme.test" };
const BEN = { id: "01a21f84-0afa-7aa5-9376-03ef41815734", email: "ben@acme.test" };
const TOKEN = "x".repeat(43);

describe("[T22] owner:reset", () => {
  test("takes the only owner, or the one that is named, and never guesses", () => {
    expect(chooseOwner([OLGA], null)).toBe(OLGA);
    expect(chooseOwner([OLGA, BEN], null)).toBeNull();
    expect(chooseOwner([OLGA, BEN], " BEN@acme.test")).toBe(BEN);
    expect(chooseOwner([OLGA], "eve@acme.test")).toBeNull();
    expect(chooseOwner([], null)).toBeNull();
  });

  test("prints the token and stores its hash, for an hour", () => {
    const { sql, link } = computeResetLink({
      owner: OLGA,
      url: "https://inbox.acme.test/settings?x=1",
      token: TOKEN,
      now: 1_000,
    });
    expect(link).toBe(`https://inbox.acme.test/reset-password#token=${TOKEN}`);
    expect(sql).not.toContain(TOKEN);
    expect(sql).toContain(`('${createHash("sha256").update(TOKEN).digest("hex")}', 'reset', '${OLGA.id}', 3601000, 1000)`);
  });

  test("puts nothing into a statement that is no id of ours", () => {
    expect(v.safeParse(ownersSchema, [{ ...OLGA, id: "'; DROP TABLE agents; --" }]).success).toBe(false);
  });
});
