/**
 * `npm run owner:reset`: prints a link with which an owner who cannot get in chooses a new password, once, within an hour.
 * For whoever has the state folder, or the Cloudflare account: nobody else can write into the database.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs, parseEnv } from "node:util";
import * as v from "valibot";
import { chooseOwner, computeResetLink, listOwnersSql, ownersSchema, type Owner } from "./owner-reset/reset-link.ts";
import { folderPaths } from "./start/state-folder.ts";
import { readWrangler } from "./wrangler.ts";

const USAGE = `Usage: npm run owner:reset -- --local [--state .hilo] [--email owner@example.com]
       npm run owner:reset -- --remote --url https://inbox.example.com [--email owner@example.com]
Prints a link that works once, for an hour. --email says which owner, where there are several.`;
const TOKEN_BYTES = 32;

interface Options {
  /** What wrangler is told about where the database is. */
  where: string[];
  /** The inbox's address. */
  url: string;
  email: string | null;
}

function stop(...lines: string[]): never {
  console.error(lines.join("\n"));
  process.exit(1);
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        local: { type: "boolean", default: false },
        remote: { type: "boolean", default: false },
        state: { type: "string" },
        url: { type: "string" },
        email: { type: "string" },
      },
    });
    return values.local === values.remote ? null : values;
  } catch {
    return null;
  }
}

/** Null for what makes no sense. The folder knows its own address; nobody can read the deployed one's. */
async function readOptions(): Promise<Options | null> {
  const values = readArguments();
  if (values === null) return null;
  const email = values.email ?? null;
  if (values.remote) {
    if (values.state !== undefined || values.url === undefined || !URL.canParse(values.url)) return null;
    return { where: ["--remote"], url: values.url, email };
  }
  const paths = folderPaths(resolve(values.state ?? ".hilo"));
  if (!existsSync(paths.env)) stop(`There is no Hilo in ${resolve(values.state ?? ".hilo")}: name its folder with --state.`);
  const { PUBLIC_URL } = parseEnv(await readFile(paths.env, "utf8"));
  return { where: ["--local", "--persist-to", paths.worker], url: values.url ?? PUBLIC_URL ?? "http://localhost:8787", email };
}

/** @returns the rows of a statement that only has values of our own in it */
async function query(where: string[], sql: string): Promise<unknown> {
  const output = await readWrangler("d1", "execute", "DB", ...where, "--json", "--command", sql);
  const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), v.tuple([v.object({ results: v.unknown() })])), output);
  if (!answer.success) return stop("The database did not answer.", "Is it set up, and are you signed in (`npx wrangler login`)?");
  return answer.output[0].results;
}

function askWhich(owners: Owner[]): never {
  if (owners.length === 0) stop("There is no such owner.");
  stop("There are several owners; say which one with --email:", ...owners.map(({ email }) => `  ${email}`));
}

const options = await readOptions();
if (options === null) {
  console.error(USAGE);
  process.exit(2);
}
const owners = v.parse(ownersSchema, await query(options.where, listOwnersSql));
const owner = chooseOwner(owners, options.email) ?? askWhich(options.email === null ? owners : []);
const { sql, link } = computeResetLink({
  owner,
  url: options.url,
  token: randomBytes(TOKEN_BYTES).toString("base64url"),
  now: Date.now(),
});
await query(options.where, sql);
console.log(`A new password for ${owner.email}. The link works once, for an hour, and ends every session:\n\n  ${link}\n`);
