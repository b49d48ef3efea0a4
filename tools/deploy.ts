/** `npm run deploy`: says what is missing, or builds, applies the migrations and deploys. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { bucketOf, findMissing } from "./deploy/find-missing.ts";
import { readWrangler, ROOT, runWrangler } from "./wrangler.ts";

const secretsSchema = v.pipe(v.string(), v.parseJson(), v.array(v.object({ name: v.string() })));

function stop(...lines: string[]): never {
  console.error(lines.join("\n"));
  process.exit(1);
}

/** A Worker that was never deployed has no secrets, which wrangler reports as a failure. */
async function loadSecrets(): Promise<string[]> {
  const parsed = v.safeParse(secretsSchema, await readWrangler("secret", "list", "--format", "json"));
  return parsed.success ? parsed.output.map(({ name }) => name) : [];
}

function build(): boolean {
  return spawnSync("npm", ["run", "build"], { cwd: ROOT, stdio: "inherit", shell: process.platform === "win32" }).status === 0;
}

async function deploy(): Promise<void> {
  const config = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  console.log("Looking at what is there …");
  const account = await readWrangler("whoami");
  if (account === null || /not authenticated/i.test(account)) {
    stop(
      "You are not signed in to Cloudflare.",
      "Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID.",
    );
  }
  const missing = findMissing({ config, secrets: await loadSecrets() });
  const bucket = bucketOf(config);
  if ((await readWrangler("r2", "bucket", "info", bucket)) === null) {
    missing.push(`The storage for mails and files does not exist yet. Run \`npx wrangler r2 bucket create ${bucket}\`.`);
  }
  if (missing.length > 0) stop("Nothing was deployed. This is missing:", "", ...missing.map((sentence) => `  • ${sentence}`));

  // Built before the database changes: a build that fails must leave everything as it was.
  if (!build()) stop("The build failed; nothing was deployed.");
  if (!(await runWrangler("d1", "migrations", "apply", "DB", "--remote"))) stop("The migrations failed; nothing was deployed.");
  if (!(await runWrangler("deploy"))) stop("The migrations are applied; the deployment failed.");
  console.log("\nDeployed. Open the address above to make the owner's account; it asks for your SETUP_TOKEN.");
}

await deploy();
