/** Files that the visitor has picked: waiting for a conversation, on their way up, there, or failed. */
import type { Attachment } from "../../durable-objects/conversation/protocol.ts";
import { ATTACHMENTS_PER_MESSAGE_MAX } from "../shared/protocol-constants.ts";
import { type KeyedNode, el, icon, makeKeyedList } from "./dom.ts";
import { type FileTexts, fileTexts } from "./file-texts.ts";
import { fill, texts } from "./texts.ts";
import type { CallResult, Upload } from "./widget-api.ts";

type UploadState =
  | { readonly kind: "waiting" }
  | { readonly kind: "running"; readonly share: number; readonly upload: Upload }
  | { readonly kind: "done"; readonly attachment: Attachment }
  | { readonly kind: "failed"; readonly text: keyof FileTexts };

interface PickedFile {
  readonly id: number;
  readonly file: File;
  state: UploadState;
}

interface UploadsOptions {
  readonly locale: "en" | "es";
  /** Null while there is no conversation that the file could belong to. */
  readonly upload: (file: File, onProgress: (share: number) => void) => Upload | null;
  readonly onChange: () => void;
}

function failureText(result: Exclude<CallResult, { kind: "done" }>): keyof FileTexts {
  if (result.kind === "limited") return "tooMuch";
  const status = result.kind === "refused" ? result.status : null;
  return status === 413 ? "tooLarge" : status === 415 || status === 422 ? "typeRefused" : "uploadFailed";
}

/** The same file may go up later. */
const isTemporary = (text: keyof FileTexts): boolean => text === "uploadFailed" || text === "tooMuch";

export class Uploads {
  readonly element = el("ul", { class: "uploads" });
  readonly #options: UploadsOptions;
  readonly #texts: FileTexts;
  readonly #draw = makeKeyedList(this.element);
  #picked: readonly PickedFile[] = [];
  #nextId = 0;

  constructor(options: UploadsOptions) {
    this.#options = options;
    this.#texts = fileTexts[options.locale];
  }

  /** There is a file that can go out, now or when it is there. */
  get isSendable(): boolean {
    return this.#picked.some(({ state }) => state.kind !== "failed");
  }

  /** Something is still to be uploaded: the message has to wait for it. */
  get isBusy(): boolean {
    return this.#picked.some(({ state }) => state.kind === "waiting" || state.kind === "running");
  }

  /** Nothing can go up yet, because there is no conversation. */
  get isWaiting(): boolean {
    return this.#picked.some(({ state }) => state.kind === "waiting");
  }

  /** The text of a first message that consists of files alone. */
  get description(): string {
    return fill(this.#texts.sentFile, { name: this.#picked.map(({ file }) => file.name).join(", ") });
  }

  /** Answers what to tell the visitor where not all of them may be in one message. */
  add(files: readonly File[]): string {
    const room = ATTACHMENTS_PER_MESSAGE_MAX - this.#picked.length;
    for (const file of files.slice(0, room)) {
      this.#nextId += 1;
      this.#picked = [...this.#picked, { id: this.#nextId, file, state: { kind: "waiting" } }];
    }
    this.startWaiting();
    return files.length <= room ? "" : fill(this.#texts.tooMany, { count: ATTACHMENTS_PER_MESSAGE_MAX });
  }

  /** Begins the uploads that can begin; called again when a conversation has come to be. */
  startWaiting(): void {
    for (const picked of this.#picked) if (picked.state.kind === "waiting") this.#start(picked);
    this.#changed();
  }

  /** The uploaded files; they leave the list. Failed ones stay until they are removed. */
  take(): readonly Attachment[] {
    const done = this.#picked.flatMap(({ state }) => (state.kind === "done" ? [state.attachment] : []));
    this.#picked = this.#picked.filter(({ state }) => state.kind !== "done");
    this.#changed();
    return done;
  }

  #start(picked: PickedFile): void {
    const onProgress = (share: number): void => {
      if (picked.state.kind !== "running") return;
      picked.state = { ...picked.state, share };
      this.#changed();
    };
    const upload = this.#options.upload(picked.file, onProgress);
    if (!upload) return;
    picked.state = { kind: "running", share: 0, upload };
    void upload.result.then((result) => {
      picked.state =
        result.kind === "done" ? { kind: "done", attachment: result.value } : { kind: "failed", text: failureText(result) };
      this.#changed();
    });
  }

  #remove(picked: PickedFile): void {
    if (picked.state.kind === "running") picked.state.upload.cancel();
    this.#picked = this.#picked.filter((other) => other !== picked);
    this.#changed();
  }

  #changed(): void {
    this.element.hidden = this.#picked.length === 0;
    this.#draw(this.#picked.map((picked) => this.#toNode(picked)));
    for (const { id, state } of this.#picked) {
      const bar = this.element.querySelector<HTMLProgressElement>(`progress[data-id="${id}"]`);
      if (bar && state.kind === "running") bar.value = state.share;
    }
    this.#options.onChange();
  }

  #toNode(picked: PickedFile): KeyedNode {
    const texts = this.#texts;
    const { name } = picked.file;
    const { state } = picked;
    return {
      key: String(picked.id),
      version: state.kind,
      make: () => {
        const remove = el(
          "button",
          { type: "button", class: "icon-button", "aria-label": fill(texts.removeFile, { name }) },
          icon("close"),
        );
        remove.addEventListener("click", () => this.#remove(picked));
        const label = fill(texts.uploading, { name });
        return el(
          "li",
          { class: `upload ${state.kind}` },
          icon("file"),
          el("span", { class: "file-name", dir: "auto" }, name),
          state.kind === "running" && el("progress", { max: "1", value: "0", "data-id": String(picked.id), "aria-label": label }),
          state.kind === "failed" && el("span", { class: "bad", role: "alert" }, texts[state.text]),
          state.kind === "failed" && isTemporary(state.text) && this.#retryButton(picked),
          remove,
        );
      },
    };
  }

  #retryButton(picked: PickedFile): HTMLElement {
    const retry = el("button", { type: "button", class: "link" }, texts[this.#options.locale].retry);
    retry.addEventListener("click", () => {
      this.#start(picked);
      this.#changed();
    });
    return retry;
  }
}
