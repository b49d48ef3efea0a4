/** The list of mails, and whose mails it shows. */
import type { MailSummary } from "../mail-view.ts";
import { make, makeIcon } from "./dom.ts";
import { formatShort, texts } from "./texts.ts";

const SENT_ICON = "M5 12h13m-6-6 6 6-6 6";
/** Hues of the round initials, in degrees; next to each other they differ. */
const HUES = [262, 205, 155, 30, 340, 190, 290, 95];

/** The customer of a mail: who got it, or who wrote it. */
export const customerOf = (mail: MailSummary): string =>
  (mail.direction === "sent" ? mail.envelope.from : (mail.envelope.to[0] ?? "")).toLowerCase();

function makeAvatar(text: string): HTMLElement {
  const sum = Array.from(text).reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
  const avatar = make("span", { class: "avatar", "aria-hidden": "true" }, (text.trim()[0] ?? "?").toUpperCase());
  avatar.style.setProperty("--hue", String(HUES[sum % HUES.length]));
  return avatar;
}

export interface MailListState {
  mails: MailSummary[];
  customer: string;
  selected: string | null;
  seen: ReadonlySet<string>;
}

function makeItem(mail: MailSummary, state: MailListState, onSelect: (id: string) => void): HTMLElement {
  const isSent = mail.direction === "sent";
  const who = mail.from?.name || mail.from?.address || "—";
  const isNew = !isSent && !state.seen.has(mail.id);
  const button = make(
    "button",
    {
      type: "button",
      class: `item${isNew ? " new" : ""}`,
      "data-id": mail.id,
      ...(mail.id === state.selected ? { "aria-current": "true" } : {}),
      onclick: () => onSelect(mail.id),
    },
    makeAvatar(who),
    make(
      "span",
      { class: "item-body" },
      make(
        "span",
        { class: "item-line" },
        make("span", { class: "item-who" }, who),
        make("time", { datetime: new Date(mail.at).toISOString() }, formatShort(mail.at)),
      ),
      make("span", { class: "item-subject" }, mail.subject || texts.noSubject),
      make(
        "span",
        { class: "item-preview" },
        isSent
          ? make("span", { class: "tag" }, makeIcon(SENT_ICON), texts.you)
          : make("span", { class: "item-to" }, `→ ${customerOf(mail)}`),
        mail.preview === "" ? null : make("span", {}, mail.preview),
      ),
    ),
  );
  return make("li", {}, button);
}

export const visibleMails = ({ mails, customer }: MailListState): MailSummary[] =>
  customer === "" ? mails : mails.filter((mail) => customerOf(mail) === customer);

export function makeCustomerChoice(state: MailListState, onChoose: (customer: string) => void): HTMLElement {
  const customers = [...new Set(state.mails.map(customerOf))].sort();
  const choice = make(
    "select",
    { id: "customer", onchange: () => onChoose(choice.value) },
    make("option", { value: "" }, `${texts.everybody} (${state.mails.length})`),
    ...customers.map((customer) => make("option", { value: customer, selected: customer === state.customer }, customer)),
  );
  return make("div", { class: "choice" }, make("label", { for: "customer" }, texts.showMailsOf), choice);
}

export function makeList(state: MailListState, onSelect: (id: string) => void): HTMLElement {
  const mails = visibleMails(state);
  if (mails.length === 0) {
    return make("div", { class: "empty" }, make("p", { class: "empty-title" }, texts.noMails), make("p", {}, texts.noMailsHint));
  }
  return make("ul", { class: "items" }, ...mails.map((mail) => makeItem(mail, state, onSelect)));
}
