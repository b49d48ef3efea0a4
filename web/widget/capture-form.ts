/** Asks for an address after the first message, so that the thread can go on by email (S10, S22). */
import { isAddress } from "../../worker/domain/address.ts";
import { el } from "./dom.ts";
import type { VisitorContact } from "./panel-contract.ts";
import { type Texts, fill } from "./texts.ts";

const REASONS = { refused: "emailInvalid", ours: "emailOurs", limited: "tooMuch", again: "failed" } as const;
const NAME_LENGTH_MAX = 100;
const EMAIL_LENGTH_MAX = 254;

/** `ours`: it is an address of the company itself. `limited`: it was one too many. */
export type SaveResult = "done" | "again" | "limited" | "refused" | "ours";

interface CaptureFormOptions {
  readonly texts: Texts;
  readonly text: string;
  readonly save: (contact: VisitorContact) => Promise<SaveResult>;
  /** The address is kept: the visitor goes on writing. */
  readonly saved: () => void;
  readonly dismiss: () => void;
}

/** Whether somebody on the web can be reached there: `ana@gmail` is an address, and a slip of the finger. */
function isReachable(address: string): boolean {
  return isAddress(address) && address.slice(address.lastIndexOf("@")).includes(".");
}

interface CaptureFields {
  readonly email: HTMLInputElement;
  readonly name: HTMLInputElement;
  readonly error: HTMLElement;
  readonly submit: HTMLButtonElement;
  readonly skip: HTMLButtonElement;
  /** What the form holds while it asks. */
  readonly parts: readonly HTMLElement[];
}

function makeFields(texts: Texts, text: string): CaptureFields {
  const error = el("span", { class: "bad", id: "capture-error", role: "alert" });
  const email = el("input", {
    type: "email",
    name: "email",
    required: true,
    autocomplete: "email",
    maxlength: String(EMAIL_LENGTH_MAX),
    "aria-describedby": "capture-error",
    dir: "ltr",
  });
  const name = el("input", { type: "text", name: "name", autocomplete: "name", maxlength: String(NAME_LENGTH_MAX), dir: "auto" });
  const submit = el("button", { type: "submit", class: "primary" }, texts.save);
  const skip = el("button", { type: "button", class: "link" }, texts.notNow);
  const parts = [
    el("p", { class: "lead" }, text),
    el("label", {}, el("span", {}, texts.email), email, error),
    el("label", {}, el("span", {}, texts.name), name),
    el("div", { class: "actions" }, submit, skip),
  ];
  return { email, name, error, submit, skip, parts };
}

export function makeCaptureForm({ texts, text, save, saved, dismiss }: CaptureFormOptions): HTMLElement {
  const { email, name, error, submit, skip, parts } = makeFields(texts, text);
  const form = el("form", { class: "capture", novalidate: true, "aria-label": text }, ...parts);
  // Who sees their slip only here can mend it: the form does not come back by itself.
  const again = el("button", { type: "button", class: "link" }, texts.captureAgain);
  again.addEventListener("click", () => {
    form.replaceChildren(...parts);
    email.focus();
  });

  const fail = (message: string): void => {
    error.textContent = message;
    email.setAttribute("aria-invalid", String(message !== ""));
    email.focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const address = email.value.trim();
    if (!isReachable(address)) return fail(texts.emailInvalid);
    const called = name.value.trim();
    error.textContent = "";
    email.setAttribute("aria-invalid", "false");
    submit.disabled = true;
    submit.textContent = texts.saving;
    void save(called ? { email: address, name: called } : { email: address }).then((result) => {
      submit.disabled = false;
      submit.textContent = texts.save;
      if (result !== "done") return fail(texts[REASONS[result]]);
      form.replaceChildren(
        el("p", { class: "lead", role: "status" }, fill(texts.captureDone, { email: address })),
        el("div", { class: "actions" }, again),
      );
      saved();
    });
  });
  skip.addEventListener("click", dismiss);
  return form;
}
