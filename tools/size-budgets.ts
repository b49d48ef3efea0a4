/** What visitors, agents and the platform have to load, in exact bytes against its budget. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const KB = 1_000;
const KIB = 1_024;
/** The deployed script; the platform allows 3 MiB, and a small one starts faster. */
const WORKER_GZIP_MAX = 600 * KIB;
/** Every page view of every site that carries the chat bubble. */
const LOADER_BROTLI_MAX = 3 * KB;
/** Loader and panel, once the bubble was opened: English and Spanish texts, styles and all. */
const OPENED_BROTLI_MAX = 16 * KB;
/** Everything that a whole chat ever loads: files, a session, and the form that shows whose an address is. */
const WHOLE_CHAT_BROTLI_MAX = 24 * KB;
/** The inbox, until it can be used. */
const INBOX_BROTLI_MAX = 180 * KB;

export interface Measurement {
  name: string;
  bytes: number;
  max: number;
}

const brotliSize = (file: string): number => brotliCompressSync(readFileSync(file)).length;

/** What the browser fetches by itself for a page: the page, its scripts, their imports, its styles. */
export function findFirstLoad(html: string): string[] {
  const tags = html.match(/<(?:script|link)\b[^>]*>/g) ?? [];
  return tags
    .filter((tag) => tag.startsWith("<script") || /rel="(?:modulepreload|stylesheet)"/.test(tag))
    .flatMap((tag) => /(?:src|href)="\/([^"]+)"/.exec(tag)?.[1] ?? []);
}

/**
 * @param dist the built `dist/inbox`; @param bundle where `wrangler deploy --dry-run --outdir` wrote the script
 * @throws Error where a part is missing: nothing measured is no success
 */
export function measureSizes(dist: string, bundle: string): Measurement[] {
  const modules = globSync("**/*", { cwd: bundle, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.map$|README\.md$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  const loader = join(dist, "widget.js");
  const panel = globSync("widget/panel-*.js", { cwd: dist }).map((name) => join(dist, name));
  // `panel.js` is the same panel under a name for loaders that a cache has kept.
  const parts = globSync("widget/**/*.{js,css}", { cwd: dist, exclude: ["widget/panel.js"] }).map((name) => join(dist, name));
  const index = join(dist, "index.html");
  const firstLoad = [index, ...findFirstLoad(readFileSync(index, "utf8")).map((name) => join(dist, name))];
  if (modules.length === 0 || panel.length === 0 || firstLoad.length === 1) throw new Error("A part of the build is missing.");
  const sum = (files: string[]) => files.reduce((total, file) => total + brotliSize(file), 0);
  return [
    { name: "Worker, gzip", bytes: gzipSync(Buffer.concat(modules)).length, max: WORKER_GZIP_MAX },
    { name: "Widget loader, brotli", bytes: brotliSize(loader), max: LOADER_BROTLI_MAX },
    { name: "Widget opened, brotli", bytes: sum([loader, ...panel]), max: OPENED_BROTLI_MAX },
    { name: "Widget whole chat, brotli", bytes: sum([loader, ...parts]), max: WHOLE_CHAT_BROTLI_MAX },
    { name: "Inbox first load, brotli", bytes: sum(firstLoad), max: INBOX_BROTLI_MAX },
  ];
}

export const isWithinBudget = ({ bytes, max }: Measurement): boolean => bytes <= max;

export function formatMeasurements(measurements: Measurement[]): string {
  const number = new Intl.NumberFormat("en");
  return measurements
    .map((one) => {
      const verdict = isWithinBudget(one) ? "" : `  over by ${number.format(one.bytes - one.max)}`;
      return `    ${one.name.padEnd(26)}${number.format(one.bytes).padStart(9)} of ${number.format(one.max)} bytes${verdict}`;
    })
    .join("\n");
}
