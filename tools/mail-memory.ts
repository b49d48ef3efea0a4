/**
 * How much memory one large mail takes in the Worker's isolate: V8's heap and the buffers behind it, which is what the
 * platform's 128 MB are counted by. Usage: node tools/bootstrap.mjs tools/mail-memory.ts [MIB]
 */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Miniflare, convertV4MiniflareOptions } from "miniflare";
import { ROOT } from "./check/step.ts";
import { bundleWorker } from "./local-worker/bundle.ts";
import { MemoryWatch } from "./local-worker/memory-watch.ts";
import { findFreePort, LOOPBACK } from "./start/ports.ts";

const MIB = 1024 * 1024;
const SECRET = "memory-secret-0123456789-0123456789-0123456789";
const MAILBOX = "help@acme.test";
const TIMEOUT_MS = 60_000;

async function startWorker(folder: string): Promise<{ runtime: Miniflare; url: string; inspectorPort: number }> {
  const script = await bundleWorker("worker/index.ts", folder);
  const inspectorPort = await findFreePort();
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      host: LOOPBACK,
      port: 0,
      inspectorPort,
      cf: false,
      workers: [
        {
          name: "hilo",
          modules: [{ type: "ESModule", path: "index.js", contents: readFileSync(script, "utf8") }],
          compatibilityDate: "2026-11-02",
          compatibilityFlags: ["nodejs_compat"],
          bindings: { APP_SECRET: SECRET, INBOUND_MAIL_SECRET: SECRET, RATE_LIMITS: "off" },
          durableObjects: {
            CONVERSATION: { className: "Conversation", useSQLite: true },
            INBOX: { className: "Inbox", useSQLite: true },
            TOTALS: { className: "Totals", useSQLite: true },
          },
          d1Databases: { DB: "hilo" },
          r2Buckets: { MAIL: "hilo-mail" },
        },
      ],
    }),
  );
  const url = (await runtime.ready).toString();
  const db = await runtime.getD1Database("DB");
  const migrations = readdirSync(join(ROOT, "migrations")).filter((name) => name.endsWith(".sql"));
  const statements = migrations.flatMap((name) =>
    readFileSync(join(ROOT, "migrations", name), "utf8").split("--> statement-breakpoint"),
  );
  await db.batch(statements.filter((text) => text.trim() !== "").map((text) => db.prepare(text)));
  return { runtime, url, inspectorPort };
}

function largeMail(bytes: number, n: number): Buffer {
  const head = [
    `From: Vera <vera${n}@example.test>`,
    `Message-ID: <large-${n}@example.test>`,
    "Subject: Plans",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/html",
    "",
    `<p>Hello</p>${"<p>Some words of a mail that is not short.</p>".repeat(1_000)}`,
    "--b",
    'Content-Type: application/pdf; name="plans.pdf"',
    "Content-Transfer-Encoding: base64",
    "",
    "",
  ].join("\r\n");
  const line = `${"QUJD".repeat(19)}\r\n`;
  return Buffer.from(`${head}${line.repeat(Math.floor((bytes - head.length - 10) / line.length))}--b--\r\n`);
}

async function post(url: string, raw: Buffer): Promise<void> {
  const response = await fetch(new URL(`/email/inbound?from=vera@example.test&to=${MAILBOX}`, url), {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}` },
    body: new Blob([new Uint8Array(raw)]),
  });
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
}

async function untilSettled(runtime: Miniflare, count: number): Promise<void> {
  const db = await runtime.getD1Database("DB");
  const deadline = Date.now() + TIMEOUT_MS;
  while (Date.now() < deadline) {
    const row = await db.prepare("SELECT COUNT(*) AS n FROM ledger WHERE state = 'applied'").first();
    if (row !== null && row["n"] === count) return;
    await wait(50);
  }
  const rows = await db.prepare("SELECT state, reason, attempts FROM ledger").all();
  throw new Error(`not settled: ${JSON.stringify(rows.results)}`);
}

const mib = (bytes: number): string => (bytes / MIB).toFixed(1);

const size = Number(process.argv[2] ?? "25") * MIB;
const folder = await mkdtemp(join(tmpdir(), "hilo-memory-"));
const { runtime, url, inspectorPort } = await startWorker(folder);
try {
  const setup = await fetch(new URL("/api/setup", url), {
    method: "POST",
    headers: { "content-type": "application/json", origin: new URL(url).origin },
    body: JSON.stringify({
      name: "O",
      email: "o@acme.test",
      password: "correct horse battery",
      company: "Acme",
      mailbox: MAILBOX,
    }),
  });
  if (!setup.ok) throw new Error(`setup: ${setup.status} ${await setup.text()}`);
  // The first mail loads the code that mails need.
  await post(url, largeMail(MIB, 0));
  await untilSettled(runtime, 1);
  const watch = await MemoryWatch.open(inspectorPort);
  console.log(`at rest: ${mib(await watch.rest())} MiB`);
  for (const n of [1, 2, 3]) {
    watch.reset();
    const startedAt = performance.now();
    await post(url, largeMail(size, n));
    await untilSettled(runtime, n + 1);
    const { total, heap, buffers } = watch.peak;
    const ms = Math.round(performance.now() - startedAt);
    console.log(
      `mail of ${mib(size)} MiB: peak ${mib(total)} MiB (heap ${mib(heap)}, buffers ${mib(buffers)}), ${ms} ms, ${watch.samples} samples`,
    );
  }
  watch.close();
} finally {
  await runtime.dispose();
  await rm(folder, { recursive: true, force: true });
}
