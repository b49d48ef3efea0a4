/**
 * The one line that says how the conversation went on, and the way to see it here: a code by email, typed or opened as a
 * link. The line is the same whether or not anything came back, so that it tells a stranger nothing.
 */
import { el } from "./dom.ts";
import type { ConfirmResult } from "./visitor-session.ts";

const DIGITS = 6;

const texts = {
  en: {
    line: "This conversation goes on by email with {email}",
    asked: "To go on here we would like to know that {email} is yours",
    show: "Show it here",
    ask: "Send me a code",
    label: "Code from the email",
    sent: "If {email} is yours, a code is on its way.",
    help: "No email after two minutes? Tap the link in our last email, or answer it: we read it.",
    confirm: "Confirm",
    wrong: "That is not the code. Tries left: {count}",
    expired: "This code is over. Ask for a new one.",
    again: "Send a new code",
    failed: "That didn't work. Please try again in a while.",
    elsewhere: "Open the link on the device where you began the chat, or type the code from the email there.",
    done: "Done. Everything we wrote you by email is here now.",
  },
  es: {
    line: "Esta conversación sigue por correo con {email}",
    asked: "Para seguir aquí nos gustaría saber que {email} es tu dirección",
    show: "Mostrarla aquí",
    ask: "Enviarme un código",
    label: "Código del correo",
    sent: "Si {email} es tu dirección, un código va en camino.",
    help: "¿No llega nada en dos minutos? Toca el enlace de nuestro último correo, o respóndelo: lo leemos.",
    confirm: "Confirmar",
    wrong: "Ese no es el código. Intentos que quedan: {count}",
    expired: "Este código ya no vale. Pide uno nuevo.",
    again: "Enviar otro código",
    failed: "No ha funcionado. Inténtalo de nuevo dentro de un rato.",
    elsewhere: "Abre el enlace en el dispositivo donde empezaste el chat, o escribe allí el código del correo.",
    done: "Listo. Todo lo que te escribimos por correo está aquí.",
  },
} as const;

interface ConfirmLineOptions {
  readonly locale: "en" | "es";
  /** Masked. */
  readonly email: string;
  /** An agent has asked for it. */
  readonly isAsked: boolean;
  readonly askForCode: () => Promise<{ readonly digits: number } | null>;
  readonly confirm: (code: string) => Promise<ConfirmResult>;
}

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);

/** @returns its element; it stays until the conversation says that it is not needed any more */
export function makeConfirmLine(options: ConfirmLineOptions): HTMLElement {
  const { locale, email, isAsked } = options;
  const own = texts[locale];
  const show = el("button", { type: "button", class: "quiet" }, isAsked ? own.ask : own.show);
  const place = el(
    "div",
    { class: "confirm" },
    el("p", { class: "lead" }, fill(isAsked ? own.asked : own.line, { email })),
    show,
  );
  show.addEventListener("click", () => {
    const form = makeForm(options);
    show.replaceWith(form.element);
    form.start();
  });
  return place;
}

/** For who came by a link from a mail. */
export function makeNotice(locale: "en" | "es", kind: "done" | "elsewhere"): HTMLElement {
  return el("div", { class: "confirm", role: "status" }, el("p", { class: "lead" }, texts[locale][kind]));
}

interface CodeFields {
  readonly element: HTMLFormElement;
  readonly field: HTMLInputElement;
  readonly submit: HTMLButtonElement;
  readonly again: HTMLButtonElement;
  readonly error: HTMLElement;
}

function makeFields(own: (typeof texts)["en" | "es"], email: string): CodeFields {
  const error = el("span", { class: "bad", id: "code-error", role: "alert" });
  const field = el("input", {
    type: "text",
    inputmode: "numeric",
    autocomplete: "one-time-code",
    maxlength: "14",
    "aria-describedby": "code-error code-help",
    dir: "ltr",
  });
  const submit = el("button", { type: "submit", class: "primary" }, own.confirm);
  const again = el("button", { type: "button", class: "link" }, own.again);
  const element = el(
    "form",
    { class: "capture", novalidate: true },
    el("p", { class: "lead", role: "status" }, fill(own.sent, { email })),
    el("label", {}, el("span", {}, own.label), field, error),
    el("div", { class: "actions" }, submit, again),
    el("p", { class: "help", id: "code-help" }, own.help),
  );
  return { element, field, submit, again, error };
}

function makeForm({ locale, email, askForCode, confirm }: ConfirmLineOptions): { element: HTMLElement; start: () => void } {
  const own = texts[locale];
  const { element, field, submit, again, error } = makeFields(own, email);
  let digits = DIGITS;
  let isBusy = false;
  const say = (text: string): void => {
    error.textContent = text;
    field.setAttribute("aria-invalid", String(text !== ""));
  };
  const ask = async (): Promise<void> => {
    again.disabled = true;
    say("");
    const answer = await askForCode();
    if (answer === null) say(own.failed);
    else ({ digits } = answer);
    again.disabled = false;
    field.focus();
  };
  const send = async (): Promise<void> => {
    const code = field.value.replace(/\D/g, "");
    if (isBusy || code.length < DIGITS) return field.focus();
    isBusy = true;
    submit.disabled = true;
    const result = await confirm(code);
    isBusy = false;
    submit.disabled = false;
    if (result.kind === "wrong") say(fill(own.wrong, { count: String(result.triesLeft) }));
    else if (result.kind !== "done") say(result.kind === "expired" ? own.expired : own.failed);
    if (result.kind === "wrong" || result.kind === "expired") field.value = "";
    if (result.kind !== "done") field.focus();
  };
  field.addEventListener("input", () => {
    // Whoever pastes it, or lets the phone fill it in, need not tap again.
    if (field.value.replace(/\D/g, "").length === digits) void send();
  });
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  again.addEventListener("click", () => void ask());
  return { element, start: () => void ask() };
}
