/**
 * Prints what Hilo understands of mails, one JSON line each: `npm run mail:explain -- FILE|FOLDER …`.
 * `--text` reads plain texts instead of raw messages.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { decodeBytes } from "../worker/email/charsets.ts";
import { attachmentSize, type ParsedMail } from "../worker/email/mail.ts";
import { parseMail } from "../worker/email/parse.ts";
import { stripQuotesFromText } from "../worker/email/strip-quotes.ts";

const USAGE = "Usage: npm run mail:explain -- [--text] FILE|FOLDER …";

type Explained = Pick<ParsedMail, "class" | "from" | "subject" | "messageId" | "text" | "quoted" | "forwardedFrom"> & {
  date: string | null;
  attachments: { name: string; type: string; size: number; isInline: boolean }[];
  bounce: { recipient: string | null; status: string | null; isHard: boolean } | null;
};

/** Files of a folder, at any depth, in a stable order. A file named by itself is taken whatever its name. */
function listFiles(path: string, extensions: readonly string[]): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return [path];
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && extensions.some((extension) => entry.name.toLowerCase().endsWith(extension)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function explainMail(raw: Uint8Array): Promise<Explained> {
  const mail = await parseMail(raw);
  return {
    class: mail.class,
    from: mail.from,
    subject: mail.subject,
    messageId: mail.messageId,
    date: mail.date === null ? null : new Date(mail.date).toISOString(),
    text: mail.text,
    quoted: mail.quoted,
    forwardedFrom: mail.forwardedFrom,
    attachments: mail.attachments.map((file) => ({
      name: file.name,
      type: file.type,
      size: attachmentSize(file),
      isInline: file.isInline,
    })),
    bounce: mail.bounce && { recipient: mail.bounce.recipient, status: mail.bounce.status, isHard: mail.bounce.isHard },
  };
}

/** A text has no headers, so only what the body shows is known. */
function explainText(raw: Uint8Array): Explained {
  const { text, quoted, forward } = stripQuotesFromText(decodeBytes(raw, "utf-8"), null);
  const unknown = { class: "person", from: null, subject: "", messageId: "", date: null, attachments: [], bounce: null } as const;
  return { ...unknown, text, quoted, forwardedFrom: forward?.from ?? null, attachments: [] };
}

async function explain(file: string, isText: boolean): Promise<string> {
  try {
    const raw = new Uint8Array(readFileSync(file));
    const startedAt = performance.now();
    const { class: mailClass, ...rest } = isText ? explainText(raw) : await explainMail(raw);
    const ms = Math.round((performance.now() - startedAt) * 100) / 100;
    return JSON.stringify({ file, class: mailClass, ...rest, ms });
  } catch (error) {
    return JSON.stringify({ file, error: error instanceof Error ? error.message : String(error) });
  }
}

async function main(args: readonly string[]): Promise<void> {
  const isText = args.includes("--text");
  const paths = args.filter((arg) => !arg.startsWith("--"));
  if (paths.length === 0) console.error(USAGE);
  for (const path of paths) {
    for (const file of listFiles(path, isText ? [".txt"] : [".eml"])) process.stdout.write(`${await explain(file, isText)}\n`);
  }
}

await main(process.argv.slice(2));
