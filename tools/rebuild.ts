/**
 * Compares the lists with the conversations and mends what differs: `npm run rebuild -- --url URL --key API_KEY`. The key
 * (or `HILO_API_KEY`) must be an admin's. It may run at any time, and again. Exit 0: done, whatever was found.
 */
import { parseArgs } from "node:util";
import * as v from "valibot";

const USAGE = "Usage: npm run rebuild -- --url https://HOST --key API_KEY [--json]";
const REQUEST_TIMEOUT_MS = 120_000;
/** A page that fails is asked again: mending twice does no harm. */
const TRIES_MAX = 5;
const RETRY_MS = 2_000;

const reportSchema = v.object({
  checked: v.number(),
  differences: v.array(v.object({ id: v.string(), fields: v.array(v.string()) })),
  nextCursor: v.nullable(v.string()),
});
type Report = v.InferOutput<typeof reportSchema>;

interface Options {
  url: URL;
  key: string;
  isJson: boolean;
}

function readOptions(args: string[]): Options | null {
  try {
    const { values } = parseArgs({
      args,
      options: { url: { type: "string" }, key: { type: "string" }, json: { type: "boolean", default: false } },
    });
    const key = values.key ?? process.env["HILO_API_KEY"];
    if (values.url === undefined || key === undefined || !URL.canParse(values.url)) return null;
    return { url: new URL(values.url), key, isJson: values.json };
  } catch {
    return null;
  }
}

/** @throws Error with the server's words where it refuses, or after the last try */
async function askPage({ url, key }: Options, cursor: string): Promise<Report> {
  const place = new URL("/api/projections/rebuild", url);
  if (cursor !== "") place.searchParams.set("cursor", cursor);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(place, {
        method: "POST",
        headers: { authorization: `Bearer ${key}` },
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      if (response.ok) return v.parse(reportSchema, await response.json());
      const answer = `${response.status} ${(await response.text()).slice(0, 500)}`;
      if (response.status < 500 && response.status !== 429) return fail(answer);
      if (attempt >= TRIES_MAX) return fail(answer);
    } catch (error) {
      if (attempt >= TRIES_MAX) return fail(String(error));
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt));
  }
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}

async function main(options: Options): Promise<void> {
  let [checked, differing, cursor]: [number, number, string | null] = [0, 0, ""];
  while (cursor !== null) {
    const page: Report = await askPage(options, cursor);
    checked += page.checked;
    differing += page.differences.length;
    for (const { id, fields } of page.differences)
      console.log(options.isJson ? JSON.stringify({ id, fields }) : `${id}  ${fields.join(", ")}`);
    cursor = page.nextCursor;
  }
  console.log(
    options.isJson ? JSON.stringify({ checked, differing }) : `${checked} checked, ${differing} differed and were mended`,
  );
}

const options = readOptions(process.argv.slice(2));
if (options === null) {
  console.error(USAGE);
  process.exit(2);
}
await main(options);
