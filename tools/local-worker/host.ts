/**
 * Runs one Worker on the local runtime until it is killed: the real bundle and the real state on disk, without
 * `wrangler dev`, whose proxy costs time and whose start takes seconds.
 *
 * Usage: node host.ts <HostOptions as JSON>
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Log, LogLevel, Miniflare, convertV4MiniflareOptions } from "miniflare";
import * as v from "valibot";
import { HOST_READY_LINE, hostOptionsSchema, type HostOptions } from "./host-options.ts";

/** As in wrangler.toml. */
const COMPATIBILITY = { compatibilityDate: "2026-11-02", compatibilityFlags: ["nodejs_compat"] };
const STATEMENT_BREAK = "--> statement-breakpoint";

function startRuntime(options: HostOptions): Miniflare {
  const { port, inspectorPort, state, script, variables, objects, migrations } = options;
  const classes = Object.entries(objects).map(([binding, className]) => [binding, { className, useSQLite: true }] as const);
  return new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port,
      ...(inspectorPort === undefined ? {} : { inspectorPort }),
      log: new Log(LogLevel.WARN),
      cf: false,
      resourcePersistencePath: state,
      // Its local trace store syncs to disk for every event.
      unsafeObservability: false,
      unsafeTriggerHandlers: true,
      workers: [
        {
          name: "hilo",
          modules: [{ type: "ESModule", path: "index.js", contents: readFileSync(script, "utf8") }],
          ...COMPATIBILITY,
          bindings: variables,
          durableObjects: Object.fromEntries(classes),
          ...(migrations === null ? {} : { d1Databases: { DB: "hilo" }, r2Buckets: { MAIL: "hilo-mail" } }),
        },
      ],
    }),
  );
}

async function migrate(runtime: Miniflare, folder: string): Promise<void> {
  const db = await runtime.getD1Database("DB");
  const isDone = await db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'conversations'").first();
  if (isDone !== null) return;
  const files = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  const statements = files.sort().flatMap((name) => readFileSync(join(folder, name), "utf8").split(STATEMENT_BREAK));
  await db.batch(statements.filter((text) => text.trim() !== "").map((text) => db.prepare(text)));
}

const options = v.parse(v.pipe(v.string(), v.parseJson(), hostOptionsSchema), process.argv[2]);
const runtime = startRuntime(options);
await runtime.ready;
if (options.migrations !== null) await migrate(runtime, options.migrations);
console.log(HOST_READY_LINE);
