/** What a deployment still needs, in plain words. Pure: configuration in, sentences out. */

/** The id that the repository carries until somebody has a database. */
const PLACEHOLDER_ID = /^[0-]*$/;

interface NeededSecret {
  name: string;
  why: string;
}

const NEEDED_SECRETS: NeededSecret[] = [
  { name: "APP_SECRET", why: "it signs sessions, visitors' tokens and reply addresses" },
  { name: "SETUP_TOKEN", why: "without it the first stranger to find the address could make the owner's account" },
];

export interface Deployment {
  /** The content of wrangler.toml. */
  config: string;
  /** The names of the secrets that the Worker has. */
  secrets: string[];
}

const valueOf = (config: string, key: string): string | null =>
  new RegExp(`^\\s*${key}\\s*=\\s*"([^"]*)"`, "m").exec(config)?.[1] ?? null;

export function findMissing({ config, secrets }: Deployment): string[] {
  const missing: string[] = [];
  const database = valueOf(config, "database_name") ?? "hilo";
  const id = valueOf(config, "database_id");
  if (id === null || PLACEHOLDER_ID.test(id)) {
    missing.push(
      `The database does not exist yet. Run \`npx wrangler d1 create ${database}\` and put the id that it prints into wrangler.toml, as database_id.`,
    );
  }
  for (const { name, why } of NEEDED_SECRETS) {
    if (secrets.includes(name)) continue;
    missing.push(`The secret ${name} is missing (${why}). Run \`openssl rand -hex 32 | npx wrangler secret put ${name}\`.`);
  }
  return missing;
}

export const bucketOf = (config: string): string => valueOf(config, "bucket_name") ?? "hilo-mail";
