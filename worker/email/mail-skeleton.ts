/** The skeleton of a mail as the parser sees it: which parts are words, which are files, and what these are called. */
import PostalMime, { type Attachment } from "postal-mime";
import { cleanDisplayName } from "./addresses.ts";
import { decodeHeaderText } from "./encoded-words.ts";
import type { MailAttachment } from "./mail.ts";
import type { Pace } from "./pace.ts";
import type { SplitPart } from "./part-body.ts";
import { readMark, type SplitMail } from "./split-mail.ts";

const FILE_NAME_LENGTH_MAX = 200; // characters
/** Steps of one part for the parser, which is bounded by the parts and their headers. */
const PART_STEPS = 10;
const SKELETON_BYTES_PER_STEP = 100;
const FILE_STEPS = 5;

const EXTENSIONS = new Map([
  ["message/rfc822", "eml"],
  ["text/calendar", "ics"],
  ["text/plain", "txt"],
  ["text/html", "html"],
  ["application/pdf", "pdf"],
  ["image/jpeg", "jpg"],
  ["image/png", "png"],
  ["image/gif", "gif"],
  ["image/webp", "webp"],
]);

interface SkeletonOptions {
  nonce: string;
  pace: Pace;
  fileKey: (index: number) => string | null;
}

export interface ParsedSkeleton {
  /** The bodies, with marks for their words. */
  marked: { text: string; html: string };
  files: MailAttachment[];
}

export async function parseSkeleton({ skeleton, parts }: SplitMail, options: SkeletonOptions): Promise<ParsedSkeleton> {
  const { nonce, pace, fileKey } = options;
  await pace.spend(parts.length * PART_STEPS + Math.ceil(skeleton.length / SKELETON_BYTES_PER_STEP));
  const email = await PostalMime.parse(skeleton, { forceRfc822Attachments: true });
  const files: MailAttachment[] = [];
  for (const attachment of email.attachments) {
    const part = parts[readMark(contentOf(attachment), nonce) ?? -1];
    if (part !== undefined) files.push(toAttachment(attachment, part, { index: files.length, fileKey }));
    await pace.spend(FILE_STEPS);
  }
  return { marked: { text: email.text ?? "", html: email.html ?? "" }, files };
}

function contentOf({ content }: Attachment): string {
  return typeof content === "string" ? content : new TextDecoder().decode(content);
}

function toAttachment(
  attachment: Attachment,
  part: SplitPart,
  { index, fileKey }: { index: number; fileKey: SkeletonOptions["fileKey"] },
): MailAttachment {
  const type = attachment.mimeType.toLowerCase() || "application/octet-stream";
  const name = cleanDisplayName(decodeHeaderText(attachment.filename ?? ""))
    ?.replace(/[/\\]/g, "_")
    .slice(-FILE_NAME_LENGTH_MAX);
  const extension = EXTENSIONS.get(type);
  const contentId = attachment.contentId?.replace(/[<>\s]/g, "") || null;
  return {
    name: name || `attachment-${index + 1}${extension ? `.${extension}` : ""}`,
    type,
    content: part.content,
    ...storedOf(part, fileKey),
    isInline: contentId !== null && (attachment.related === true || attachment.disposition === "inline"),
    contentId,
  };
}

function storedOf(
  { fileIndex, isLeftOut, size }: SplitPart,
  fileKey: SkeletonOptions["fileKey"],
): Pick<MailAttachment, "stored"> {
  if (isLeftOut) return { stored: { key: null, size } };
  return fileIndex === null ? {} : { stored: { key: fileKey(fileIndex), size } };
}
