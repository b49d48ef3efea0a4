/** Signed addresses of a mail's own pictures, fetched when its HTML is looked at. */
import { onMounted, ref, type Ref } from "vue";
import type { Attachment } from "../../../durable-objects/conversation/protocol.ts";
import { readAttachmentUrl } from "./attachment-url.ts";
import { isInlineImage } from "./attachment-kind.ts";
import { findContentIds } from "./mail-document.ts";

/** Pictures of one mail that are shown in its text. */
const IMAGES_MAX = 50;

interface MailImagesOptions {
  html: string;
  attachments: readonly Attachment[];
  conversationId: string;
}

/** @returns Content-ID → address; empty until they are there, and without those that could not be had */
export function useMailImages({ html, attachments, conversationId }: MailImagesOptions): Ref<ReadonlyMap<string, string>> {
  const images = ref<ReadonlyMap<string, string>>(new Map());

  onMounted(async () => {
    const wanted = findContentIds(html);
    const files = attachments.filter((file) => isInlineImage(file) && wanted.has(file.contentId ?? "")).slice(0, IMAGES_MAX);
    const found = await Promise.allSettled(
      files.map(async (file) => [file.contentId ?? "", await readAttachmentUrl(conversationId, file.id)] as const),
    );
    images.value = new Map(found.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])));
  });

  return images;
}
