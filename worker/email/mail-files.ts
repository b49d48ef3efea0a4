/** The files of an inbound mail: bytes to R2, rows to D1, with ids that come from the mail, so that a repeat makes none. */
import type { Attachment } from "../../durable-objects/conversation/protocol.ts";
import { insertAttachments, type AttachmentRow } from "../db/attachments.ts";
import type { Database } from "../db/database.ts";
import type { LedgerRow } from "../db/ledger.ts";
import { cleanFileName, detectType } from "../domain/files.ts";
import { uuidV7 } from "../domain/uuid.ts";
import type { Env } from "../env.ts";
import { attachmentSize, type MailAttachment, type ParsedMail } from "./mail.ts";
import { WHOLE_BUDGET } from "./reading-budget.ts";

/** R2 keys of files that were cut out of a large mail while it was read. */
export const MAIL_FILE_PREFIX = "mail-files/";

/** Files that are on their way to the store at once. */
const AT_ONCE = 6;
/** UTF-16 code units. */
const CONTENT_ID_LENGTH_MAX = 250;

interface NewFile {
  row: AttachmentRow;
  attachment: Attachment;
  /** Null where the store has it already. */
  content: Uint8Array | null;
}

export async function storeMailFiles(
  env: Env,
  db: Database,
  input: { row: LedgerRow; mail: ParsedMail; conversationId: string },
): Promise<Attachment[]> {
  const files: NewFile[] = [];
  for (const [index, file] of input.mail.attachments.entries()) {
    const made = files.length < WHOLE_BUDGET.files ? await fileOf(input, file, index) : null;
    if (made !== null) files.push(made);
  }
  for (let at = 0; at < files.length; at += AT_ONCE)
    await Promise.all(
      files.slice(at, at + AT_ONCE).map(async ({ row, content }) => {
        if (content !== null) await env.MAIL.put(row.key, content);
      }),
    );
  await insertAttachments(
    db,
    files.map(({ row }) => row),
  );
  return files.map(({ attachment }) => attachment);
}

/** Null where the raw mail alone has it. */
async function fileOf(
  { row, conversationId }: { row: LedgerRow; conversationId: string },
  file: MailAttachment,
  index: number,
): Promise<NewFile | null> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${row.id}\n${index}`));
  const id = uuidV7(row.receivedAt, new Uint8Array(digest));
  const key = file.stored === undefined ? `attachments/${id}` : file.stored.key;
  if (key === null) return null;
  const attachment = {
    id,
    name: cleanFileName(file.name),
    type: detectType(file.content.subarray(0, 16), file.type),
    size: attachmentSize(file),
  };
  return {
    row: { ...attachment, conversationId, uploadedBy: "mail", key, isClaimed: true, createdAt: row.receivedAt },
    attachment: inlineOf(attachment, file),
    content: file.stored === undefined ? file.content : null,
  };
}

/** What an image in the text is found by. */
function inlineOf(attachment: Attachment, { contentId, isInline }: MailAttachment): Attachment {
  if (contentId === null || contentId.length > CONTENT_ID_LENGTH_MAX) return attachment;
  return { ...attachment, contentId, ...(isInline ? { isInline } : {}) };
}
