/** Applies the database's migrations: `npm run migrate -- --local [--state DIR]` or `npm run migrate -- --remote`. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { folderPaths } from "./start/state-folder.ts";
import { runWrangler } from "./wrangler.ts";

const USAGE = `Usage: npm run migrate -- --local [--state .hilo]   the database of npm start
       npm run migrate -- --remote                 the database at Cloudflare`;

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        local: { type: "boolean", default: false },
        remote: { type: "boolean", default: false },
        state: { type: "string" },
      },
    });
    return values.local === values.remote || (values.remote && values.state !== undefined) ? null : values;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return null;
  }
}

const options = readOptions();
if (options === null) {
  console.error(USAGE);
  process.exit(2);
}
const where = options.remote ? ["--remote"] : ["--local", "--persist-to", folderPaths(resolve(options.state ?? ".hilo")).worker];
process.exitCode = (await runWrangler("d1", "migrations", "apply", "DB", ...where)) ? 0 : 1;
