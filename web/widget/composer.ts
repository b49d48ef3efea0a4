/** Where the visitor writes: Enter sends, Shift+Enter begins a line, an input method's Enter does neither. */
import { TEXT_LENGTH_MAX } from "../shared/protocol-constants.ts";
import type { Attachment } from "../../durable-objects/conversation/protocol.ts";
import { el, icon } from "./dom.ts";
import { loadFiles } from "./load-code.ts";
import type { Texts } from "./texts.ts";
import type { Uploads } from "./uploads.ts";
import type { Upload } from "./widget-api.ts";

/** Pixels; about six lines, then the field scrolls. */
const FIELD_HEIGHT_MAX = 136;

export interface ComposerOptions {
  readonly locale: "en" | "es";
  readonly texts: Texts;
  readonly draft: string;
  readonly send: (text: string, attachments: readonly Attachment[]) => void;
  readonly upload: (file: File, onProgress: (share: number) => void) => Upload | null;
  readonly onTyping: (text: string) => void;
}

export class Composer {
  readonly element: HTMLElement;
  readonly #options: ComposerOptions;
  readonly #field: HTMLTextAreaElement;
  readonly #button: HTMLButtonElement;
  readonly #hint = el("div", { class: "hint bad", role: "alert" });
  /** Comes with the first file. */
  #uploads: Uploads | null = null;
  /** The text that the visitor has sent while files were on their way: it goes out with them. */
  #due: string | null = null;

  constructor(options: ComposerOptions) {
    this.#options = options;
    const { texts } = options;
    this.#field = el("textarea", {
      rows: "1",
      "aria-label": texts.message,
      placeholder: texts.placeholder,
      maxlength: String(TEXT_LENGTH_MAX),
      enterkeyhint: "send",
      dir: "auto",
    });
    this.#field.value = options.draft;
    this.#button = el("button", { type: "submit", class: "send", "aria-label": texts.send }, icon("send"));
    const picker = el("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-hidden": "true" });
    const attach = el("button", { type: "button", class: "icon-button", "aria-label": texts.attach }, icon("attach"));
    const form = el("form", { class: "composer" }, attach, picker, this.#field, this.#button);
    this.element = el("div", { class: "bottom" }, this.#hint, form);
    this.#listen(form, attach, picker);
    this.#refresh();
  }

  focus(): void {
    this.#field.focus({ preventScroll: true });
    this.#grow();
  }

  /** A conversation has come to be: files can go up. */
  startUploads(): void {
    this.#uploads?.startWaiting();
  }

  /** Puts text that could not be sent back before whatever is being written. */
  restore(text: string): void {
    this.#field.value = [text, this.#field.value].filter((part) => part !== "").join("\n");
    this.#handleInput();
  }

  #listen(form: HTMLFormElement, attach: HTMLButtonElement, picker: HTMLInputElement): void {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener("input", () => this.#handleInput());
    this.#field.addEventListener("keydown", (event) => {
      // 229 is what Safari reports for the Enter that ends a composition, after it has ended.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener("paste", (event) => this.#add([...(event.clipboardData?.files ?? [])]));
    attach.addEventListener("click", () => picker.click());
    picker.addEventListener("change", () => {
      this.#add([...(picker.files ?? [])]);
      picker.value = "";
    });
    form.addEventListener("dragover", (event) => event.preventDefault());
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#add([...(event.dataTransfer?.files ?? [])]);
    });
  }

  #add(files: readonly File[]): void {
    if (files.length === 0) return;
    const { locale, upload } = this.#options;
    void loadFiles().then(
      ({ Uploads }) => {
        if (!this.#uploads) {
          this.#uploads = new Uploads({ locale, upload, onChange: () => this.#handleUploads() });
          this.#hint.after(this.#uploads.element);
        }
        this.#hint.textContent = this.#uploads.add(files);
      },
      () => (this.#hint.textContent = this.#options.texts.failed),
    );
  }

  #handleInput(): void {
    this.#grow();
    this.#refresh();
    this.#options.onTyping(this.#field.value);
  }

  #handleUploads(): void {
    if (this.#due !== null && !this.#uploads?.isBusy) {
      const text = this.#due;
      this.#due = null;
      this.#send(text);
    }
    this.#refresh();
  }

  #submit(): void {
    const text = this.#field.value.trim();
    if (this.#due !== null || (text === "" && !this.#uploads?.isSendable)) return;
    if (this.#uploads?.isWaiting) {
      // No file can go up before there is a conversation, and its first message must be a text.
      this.#due = "";
      this.#options.send(text || this.#uploads.description, []);
      this.#clear();
    } else if (this.#uploads?.isBusy) {
      this.#due = text;
      this.#field.value = "";
      this.#grow();
    } else {
      this.#clear();
      this.#send(text);
    }
    this.#refresh();
  }

  #send(text: string): void {
    const attachments = this.#uploads?.take() ?? [];
    if (text === "" && attachments.length === 0) return;
    this.#options.send(text, attachments);
    this.#options.onTyping(this.#field.value);
  }

  #clear(): void {
    this.#field.value = "";
    this.#hint.textContent = "";
    this.#grow();
    this.#options.onTyping("");
  }

  #refresh(): void {
    this.#button.disabled = this.#due !== null || (this.#field.value.trim() === "" && !this.#uploads?.isSendable);
  }

  #grow(): void {
    this.#field.style.height = "auto";
    this.#field.style.height = `${Math.min(this.#field.scrollHeight, FIELD_HEIGHT_MAX)}px`;
  }
}
