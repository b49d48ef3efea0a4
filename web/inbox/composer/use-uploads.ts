import { tryOnScopeDispose } from "@vueuse/core";
import { computed, ref } from "vue";
import type { AttachmentCreated } from "../../../worker/domain/api-shapes.ts";
import { ATTACHMENTS_PER_MESSAGE_MAX } from "../../shared/protocol-constants.ts";
import { uploadFile } from "../api/http.ts";
import { useFailure } from "../api/use-failure.ts";
import { useText } from "../i18n/use-text.ts";
import { showFailure } from "../ui/toasts.ts";

export interface Upload {
  key: number;
  name: string;
  size: number;
  /** Null while it is on its way. */
  attachment: AttachmentCreated | null;
}

/** The files of a message that is being written, uploaded as they are added. */
export function useUploads() {
  const { t } = useText();
  const { describeFailure } = useFailure();
  const uploads = ref<Upload[]>([]);
  const aborts = new Map<number, AbortController>();
  let lastKey = 0;

  function remove(key: number): void {
    aborts.get(key)?.abort();
    aborts.delete(key);
    uploads.value = uploads.value.filter((upload) => upload.key !== key);
  }

  async function add(file: File): Promise<void> {
    lastKey += 1;
    const key = lastKey;
    const abort = new AbortController();
    aborts.set(key, abort);
    uploads.value = [...uploads.value, { key, name: file.name, size: file.size, attachment: null }];
    try {
      const attachment = await uploadFile<AttachmentCreated>("/api/attachments", file, abort.signal);
      uploads.value = uploads.value.map((upload) => (upload.key === key ? { ...upload, attachment } : upload));
    } catch (error) {
      if (abort.signal.aborted) return;
      remove(key);
      const { text, detail } = describeFailure(error);
      showFailure(`${t("composer.uploadFailed", { name: file.name })}: ${text}`, detail);
    }
  }

  /** Files that are on the server already, of a message that was taken back. */
  function restore(attachments: readonly AttachmentCreated[]): void {
    for (const attachment of attachments) {
      lastKey += 1;
      uploads.value = [...uploads.value, { key: lastKey, name: attachment.name, size: attachment.size, attachment }];
    }
  }

  function addAll(files: Iterable<File>): void {
    const list = [...files];
    const room = ATTACHMENTS_PER_MESSAGE_MAX - uploads.value.length;
    if (list.length > room) showFailure(t("composer.tooManyFiles", { n: ATTACHMENTS_PER_MESSAGE_MAX }));
    for (const file of list.slice(0, Math.max(0, room))) void add(file);
  }

  tryOnScopeDispose(() => aborts.forEach((abort) => abort.abort()));
  return {
    uploads,
    isUploading: computed(() => uploads.value.some(({ attachment }) => attachment === null)),
    attachments: computed(() => uploads.value.flatMap(({ attachment }) => (attachment ? [attachment] : []))),
    addAll,
    restore,
    remove,
    clear: () => (uploads.value = []),
  };
}
