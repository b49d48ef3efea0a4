/**
 * Measures what Hilo understands of mails against a folder of known ones: `node tools/mail-measure.ts [FOLDER] [--wrong]`.
 * The folder holds `expected.json`, keyed by file. `--wrong` lists each mail that was read differently.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { decodeBytes } from "../worker/email/charsets.ts";
import { dropHiddenText } from "../worker/email/html-hidden.ts";
import { htmlToLines } from "../worker/email/html-lines.ts";
import type { MailClass } from "../worker/email/mail.ts";
import { doAtOnce } from "../worker/email/pace.ts";
import { parseMail } from "../worker/email/parse.ts";
import { WHOLE_BUDGET } from "../worker/email/reading-budget.ts";
import { stripQuotes, stripQuotesFromText } from "../worker/email/strip-quotes.ts";

const DEFAULT_FOLDER = "../shared/mail-corpus";

const Expected = v.record(
  v.string(),
  v.object({
    reply: v.optional(v.string()),
    html_reply: v.optional(v.string()),
    text: v.optional(v.string()),
    text_from_html: v.optional(v.string()),
    reply_is_whole: v.optional(v.boolean()),
    reply_text_contains: v.optional(v.string()),
    reply_contains: v.optional(v.array(v.string())),
    reply_matches: v.optional(v.array(v.string())),
    reply_starts: v.optional(v.string()),
    reply_excludes: v.optional(v.array(v.string())),
    forwarded: v.optional(v.boolean()),
    forwarded_from: v.optional(v.string()),
    forwarded_subject: v.optional(v.string()),
    subject_file: v.optional(v.string()),
    subject: v.optional(v.string()),
    attachment_count: v.optional(v.number()),
    is_auto: v.optional(v.boolean()),
    is_bounce: v.optional(v.boolean()),
    is_arf: v.optional(v.boolean()),
    bounce_kind: v.optional(v.string()),
    bounce_status: v.optional(v.string()),
    bounce_recipient: v.optional(v.string()),
    max_ms: v.optional(v.number()),
  }),
);
type Wanted = v.InferOutput<typeof Expected>[string];

interface Read {
  text: string;
  whole: string;
  class: MailClass;
  subject: string;
  forwardedFrom: { address: string; subject: string | null } | null;
  attachmentCount: number;
  bounce: { recipient: string | null; status: string | null; isHard: boolean } | null;
}

const NO_MAIL = { class: "person", subject: "", attachmentCount: 0, bounce: null } as const;

async function readOne(folder: string, file: string, wanted: Wanted): Promise<Read> {
  const raw = new Uint8Array(readFileSync(join(folder, file)));
  if (file.endsWith(".eml")) {
    const mail = await parseMail(raw);
    return { ...mail, whole: mail.text, attachmentCount: mail.attachments.length };
  }
  const whole = decodeBytes(raw, "utf-8");
  const subjectFile = wanted.subject_file ? join(folder, dirname(file), wanted.subject_file) : null;
  const subject = subjectFile && existsSync(subjectFile) ? readFileSync(subjectFile, "utf8").trim() : null;
  const { text, forward } = file.endsWith(".html")
    ? stripQuotes(htmlToLines(doAtOnce(dropHiddenText(whole, WHOLE_BUDGET)).html), subject)
    : stripQuotesFromText(whole, subject);
  return { ...NO_MAIL, text, whole, forwardedFrom: forward?.from ?? null };
}

function fold(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

interface Outcome {
  check: string;
  isRight: boolean;
  detail: string;
}

function checkReply(wanted: Wanted, read: Read): Outcome[] {
  const exact =
    wanted.reply ?? wanted.html_reply ?? wanted.text ?? wanted.text_from_html ?? (wanted.reply_is_whole ? read.whole : undefined);
  const got = fold(read.text);
  const out: Outcome[] = [];
  if (exact !== undefined) {
    const isSame =
      wanted.html_reply === undefined ? got === fold(exact) : got.replaceAll(" ", "") === fold(exact).replaceAll(" ", "");
    out.push({ check: "exact replies", isRight: isSame, detail: got });
  }
  const parts = [...(wanted.reply_contains ?? []), ...(wanted.reply_text_contains ? [wanted.reply_text_contains] : [])];
  const starts = wanted.reply_starts === undefined || got.startsWith(fold(wanted.reply_starts));
  const matches = (wanted.reply_matches ?? []).every((pattern) => new RegExp(pattern).test(read.text));
  const excludes = (wanted.reply_excludes ?? []).every((text) => !read.text.includes(text));
  if (parts.length > 0 || wanted.reply_starts !== undefined || wanted.reply_matches || wanted.reply_excludes) {
    const isRight = starts && matches && excludes && parts.every((part) => got.includes(fold(part)));
    out.push({ check: "partial replies", isRight, detail: got });
  }
  return out;
}

function checkForward(wanted: Wanted, read: Read): Outcome[] {
  if (wanted.forwarded === undefined) return [];
  const from = read.forwardedFrom;
  const isRight =
    (from !== null) === wanted.forwarded &&
    (wanted.forwarded_from === undefined || from?.address === wanted.forwarded_from) &&
    (wanted.forwarded_subject === undefined || from?.subject === wanted.forwarded_subject);
  return [{ check: "forwards", isRight, detail: JSON.stringify(from) }];
}

function checkClass(wanted: Wanted, read: Read): Outcome[] {
  const out: Outcome[] = [];
  const detail = `${read.class} ${JSON.stringify(read.bounce)}`;
  if (wanted.is_bounce) {
    const isRight =
      read.class === "bounce" &&
      (wanted.bounce_kind === undefined || (read.bounce?.isHard ? "hard" : "soft") === wanted.bounce_kind) &&
      (wanted.bounce_status === undefined || read.bounce?.status === wanted.bounce_status) &&
      (wanted.bounce_recipient === undefined || read.bounce?.recipient === wanted.bounce_recipient);
    out.push({ check: "bounces", isRight, detail });
  }
  if (wanted.is_auto) out.push({ check: "auto-replies", isRight: read.class === "auto-reply", detail });
  if (wanted.is_arf) out.push({ check: "complaints", isRight: read.class === "complaint", detail });
  if (wanted.subject !== undefined)
    out.push({ check: "subjects", isRight: fold(wanted.subject) === read.subject, detail: read.subject });
  if (wanted.attachment_count !== undefined) {
    out.push({
      check: "attachments",
      isRight: wanted.attachment_count === read.attachmentCount,
      detail: `${read.attachmentCount}`,
    });
  }
  return out;
}

interface Timed {
  file: string;
  ms: number;
}

function report(outcomes: ReadonlyMap<string, Outcome[]>, times: readonly Timed[]): void {
  const totals = new Map<string, { right: number; all: number }>();
  for (const { check, isRight } of [...outcomes.values()].flat()) {
    const total = totals.get(check) ?? { right: 0, all: 0 };
    totals.set(check, { right: total.right + (isRight ? 1 : 0), all: total.all + 1 });
  }
  console.log("| what | right | of | % |\n| --- | ---: | ---: | ---: |");
  for (const [check, { right, all }] of totals)
    console.log(`| ${check} | ${right} | ${all} | ${((100 * right) / all).toFixed(1)} |`);
  const slowest = [...times].sort((a, b) => b.ms - a.ms)[0];
  console.log(`\n${times.length} mails, slowest ${slowest?.ms.toFixed(1)} ms (${slowest?.file})`);
}

async function main(args: readonly string[]): Promise<void> {
  const folder = args.find((arg) => !arg.startsWith("--")) ?? DEFAULT_FOLDER;
  const index = join(folder, "expected.json");
  if (!existsSync(index)) return console.log(`skipped: ${index} is not there`);
  const expected = v.parse(Expected, JSON.parse(readFileSync(index, "utf8")));
  const outcomes = new Map<string, Outcome[]>();
  const times: Timed[] = [];
  for (const [file, wanted] of Object.entries(expected)) {
    const startedAt = performance.now();
    const read = await readOne(folder, file, wanted);
    times.push({ file, ms: performance.now() - startedAt });
    outcomes.set(file, [...checkReply(wanted, read), ...checkForward(wanted, read), ...checkClass(wanted, read)]);
  }
  if (args.includes("--wrong")) {
    for (const [file, list] of outcomes)
      for (const o of list) if (!o.isRight) console.log(`${o.check} ${file}: ${o.detail.slice(0, 300)}`);
  }
  report(outcomes, times);
}

await main(process.argv.slice(2));
