import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ParsedMail } from "../../../worker/email/mail.ts";
import { parseMail, type ReadingOptions } from "../../../worker/email/parse.ts";

export function readMail(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(import.meta.dirname, "../../fixtures/mail", name)));
}

export async function parseFixture(name: string, options: ReadingOptions = {}): Promise<ParsedMail> {
  return parseMail(readMail(name), options);
}

/** A mail of these header lines and this body. */
export async function parseLines(headers: readonly string[], body = "Hello"): Promise<ParsedMail> {
  return parseMail(new TextEncoder().encode(`${headers.join("\r\n")}\r\n\r\n${body}\r\n`));
}
