/** The form for a mail of one's own, from any customer to a mailbox in Hilo. */
import { make } from "./dom.ts";
import { texts } from "./texts.ts";

export interface WriteDialogOptions {
  /** Filled in: the customer who wrote last, and the mailbox that was written to last. */
  from: string;
  to: string;
  /** @returns whether it was sent */
  onSend: (mail: Record<string, string>) => Promise<boolean>;
}

function makeField(label: string, field: HTMLInputElement | HTMLTextAreaElement): HTMLElement {
  return make("div", { class: "field" }, make("label", { for: field.id }, label), field);
}

const makeInput = (name: string, type: string, value = "") =>
  make("input", { id: `write-${name}`, name, type, value, autocomplete: "off", required: name !== "name" });

export function openWriteDialog({ from, to, onSend }: WriteDialogOptions): void {
  const text = make("textarea", { id: "write-text", name: "text", rows: "7", required: true });
  const button = make("button", { type: "submit", class: "primary" }, texts.send);
  const submit = async (): Promise<void> => {
    button.disabled = true;
    const fields = Array.from(form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea"));
    const isSent = await onSend(Object.fromEntries(fields.map((field) => [field.name, field.value])));
    button.disabled = false;
    if (isSent) dialog.close();
  };
  const form = make(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        void submit();
      },
    },
    make("h2", { id: "write-title" }, texts.write),
    make(
      "div",
      { class: "pair" },
      makeField(texts.yourAddress, makeInput("from", "email", from)),
      makeField(texts.yourName, makeInput("name", "text")),
    ),
    makeField(texts.mailbox, makeInput("to", "email", to)),
    makeField(texts.subject, makeInput("subject", "text")),
    makeField(texts.text, text),
    make("div", { class: "form-end" }, make("button", { type: "button", onclick: () => dialog.close() }, texts.cancel), button),
  );
  const dialog = make("dialog", { "aria-labelledby": "write-title", onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
}
