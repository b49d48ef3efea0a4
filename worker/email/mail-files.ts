/** The files of an inbound mail: bytes to R2, rows to D1, with ids that come from the mail, so that a repeat makes none. */
import type { Attachment } from "../../durable-objects/conversation/protocol.ts";
import { insertAttachment } from "../db/attachments.ts";
import type { Database } from "../db/database.ts";
import type { LedgerRow } from "../db/ledger.ts";
import { cleanFileName, detectType } from "../domain/files.ts";
import { uuidV7 } from "../domain/uuid.ts";
import type { Env } from "../env.ts";
import { attachmentSize, type MailAttachment, type ParsedMail } from "./mail.ts";

/** R2 keys of files that were cut out of a large mail while it was read. */
export const MAIL_FILE_PREFIX = "mail-files/";

/** Files of one mail that become attachments; the raw mail has the rest. */
const MAIL_FILES_MAX = 50;
/** UTF-16 code units. */
const CONTENT_ID_LENGTH_MAX = 250;

export async function storeMailFiles(
  env: Env,
  db: Database,
  input: { row: LedgerRow; mail: ParsedMail; conversationId: string },
): Promise<Attachment[]> {
  const { row, mail, conversationId } = input;
  const stored: Attachment[] = [];
  for (const [index, file] of mail.attachments.slice(0, MAIL_FILES_MAX).entries()) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${row.id}\n${index}`));
    const id = uuidV7(row.receivedAt, new Uint8Array(digest));
    const key = file.stored === undefined ? `attachments/${id}` : file.stored.key;
    if (key === null) continue;
    if (file.stored === undefined) await env.MAIL.put(key, file.content);
    const attachment = {
      id,
      name: cleanFileName(file.name),
      type: detectType(file.content.subarray(0, 16), file.type),
      size: attachmentSize(file),
    };
    await insertAttachment(db, {
      ...attachment,
      conversationId,
      uploadedBy: "mail",
      key,
      isClaimed: true,
      createdAt: row.receivedAt,
    });
    stored.push(inlineOf(attachment, file));
  }
  return stored;
}

/** What an image in the text is found by. */
function inlineOf(attachment: Attachment, { contentId, isInline }: MailAttachment): Attachment {
  if (contentId === null || contentId.length > CONTENT_ID_LENGTH_MAX) return attachment;
  return { ...attachment, contentId, ...(isInline ? { isInline } : {}) };
}
