/** The link of `npm run owner:reset`, and the statements that look for an owner and make it. Pure. */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { ACCOUNT_LINK_PATHS } from "../../worker/domain/account-shapes.ts";

const LIFETIME_MS = 60 * 60 * 1_000;

/** An id of ours: it goes into a statement as it is. */
const idSchema = v.pipe(v.string(), v.regex(/^[0-9a-f-]{36}$/));
export const ownersSchema = v.array(v.object({ id: idSchema, email: v.string() }));
export type Owner = v.InferOutput<typeof ownersSchema>[number];

export const listOwnersSql = "SELECT id, email FROM agents WHERE role = 'owner' AND removed_at IS NULL ORDER BY created_at";

/** Null where there is none of that address, or where it does not say which of several. */
export function chooseOwner(owners: Owner[], email: string | null): Owner | null {
  const [first, ...others] = email === null ? owners : owners.filter((owner) => owner.email === email.trim().toLowerCase());
  return first === undefined || others.length > 0 ? null : first;
}

interface ResetInput {
  owner: Owner;
  /** The inbox's address. */
  url: string;
  token: string;
  now: number;
}

/** As `worker/db/account-links.ts` stores it: the token itself is never stored. */
export function computeResetLink({ owner, url, token, now }: ResetInput): { sql: string; link: string } {
  const hash = createHash("sha256").update(token).digest("hex");
  const values = `'${hash}', 'reset', '${owner.id}', ${now + LIFETIME_MS}, ${now}`;
  return {
    sql: `INSERT INTO account_links (hash, purpose, agent_id, expires_at, created_at) VALUES (${values})`,
    link: `${new URL(ACCOUNT_LINK_PATHS.reset, url).href}#token=${token}`,
  };
}
