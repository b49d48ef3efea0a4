import type { SignedUrl } from "../../../worker/domain/api-shapes.ts";
import { request } from "../api/http.ts";
import { conversationPath } from "./conversation-paths.ts";

/** A signed address of a file, good for a while. */
export async function readAttachmentUrl(conversationId: string, attachmentId: string): Promise<string> {
  const path = conversationPath(conversationId, `/attachments/${encodeURIComponent(attachmentId)}/url`);
  return (await request<SignedUrl>(path, { method: "POST" })).url;
}

/** Signs and opens a file; the server names it and says that it is to be saved. */
export async function downloadAttachment(conversationId: string, attachmentId: string): Promise<void> {
  const link = document.createElement("a");
  link.href = await readAttachmentUrl(conversationId, attachmentId);
  link.target = "_blank";
  link.rel = "noopener";
  link.click();
}

/** The file itself. @param type what it is taken as, whatever the server says */
export async function readAttachmentBlob(conversationId: string, attachmentId: string, type: string): Promise<Blob> {
  const response = await fetch(await readAttachmentUrl(conversationId, attachmentId), { credentials: "omit" });
  if (!response.ok) throw new Error(`the file could not be read: ${response.status}`);
  return new Blob([await response.arrayBuffer()], { type });
}
