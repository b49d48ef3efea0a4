/** One mail as its customer reads it, and the form that answers it. */
import type { MailDetail, MailPerson } from "../mail-view.ts";
import { make, makeIcon } from "./dom.ts";
import { formatLong, formatSize, texts } from "./texts.ts";

const BACK_ICON = "M15 5l-7 7 7 7";
/** A frame is at least this tall, in pixels, so that a short mail does not look cut. */
const FRAME_HEIGHT_MIN = 120;

const formatPerson = ({ name, address }: MailPerson) => (name === "" ? address : `${name} <${address}>`);

function makeFrame(mail: MailDetail): HTMLElement {
  const frame = make("iframe", {
    class: "frame",
    title: texts.contents,
    // Measured by this page, and without scripts of its own.
    sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    src: `/mails/${mail.id}/html`,
    onload: () => {
      const page = frame.contentDocument?.documentElement;
      if (page === undefined) return;
      const fit = () => {
        frame.style.height = "0";
        frame.style.height = `${Math.max(FRAME_HEIGHT_MIN, page.scrollHeight)}px`;
      };
      fit();
      // Folding quotes and turning the phone change the height.
      let width = frame.clientWidth;
      new ResizeObserver(() => {
        if (frame.clientWidth === width) return;
        width = frame.clientWidth;
        fit();
      }).observe(frame);
    },
  });
  return frame;
}

function makeContent(mail: MailDetail): HTMLElement {
  const plain = () => make("pre", { class: "plain", tabindex: "0", "aria-label": texts.contents }, mail.text);
  if (!mail.hasHtml) return plain();
  const holder = make("div", { class: "content" }, makeFrame(mail));
  const choices = [
    { label: texts.formatted, make: () => makeFrame(mail) },
    { label: texts.plain, make: plain },
  ];
  const buttons = choices.map((choice, index) =>
    make(
      "button",
      {
        type: "button",
        "aria-pressed": index === 0 ? "true" : "false",
        onclick: (event) => {
          for (const button of buttons) button.setAttribute("aria-pressed", String(button === event.currentTarget));
          holder.replaceChildren(choice.make());
        },
      },
      choice.label,
    ),
  );
  return make("div", { class: "content-box" }, make("div", { class: "switch", role: "group" }, ...buttons), holder);
}

function makeDetails(mail: MailDetail): HTMLElement {
  const rows = mail.headers.flatMap(({ name, value }) => [make("dt", {}, name), make("dd", {}, value)]);
  const raw = make("a", { href: `/api/mails/${mail.id}/raw`, target: "_blank", rel: "noopener" }, texts.raw);
  return make("details", { class: "headers" }, make("summary", {}, texts.headers), make("dl", {}, ...rows), raw);
}

function makeAttachments(mail: MailDetail): HTMLElement | null {
  if (mail.attachments.length === 0) return null;
  const links = mail.attachments.map(({ index, name, size }) =>
    make(
      "li",
      {},
      make("a", { href: `/api/mails/${mail.id}/attachments/${index}`, download: name }, name),
      ` ${formatSize(size)}`,
    ),
  );
  return make("ul", { class: "files", "aria-label": texts.attachments }, ...links);
}

function makeReply(mail: MailDetail, onReply: (text: string) => Promise<boolean>): HTMLElement | null {
  if (mail.direction === "sent") return null;
  const target = mail.replyTo?.address ?? mail.from?.address ?? "";
  const text = make("textarea", { id: "reply", rows: "3", placeholder: texts.replyHint, required: true });
  const button = make("button", { type: "submit", class: "primary" }, texts.send);
  const form = make(
    "form",
    {
      class: "reply",
      onsubmit: async (event) => {
        event.preventDefault();
        if (button.disabled || text.value.trim() === "") return;
        button.disabled = true;
        button.textContent = texts.sending;
        if (await onReply(text.value)) text.value = "";
        button.disabled = false;
        button.textContent = texts.send;
      },
      onkeydown: (event) => {
        if (event instanceof KeyboardEvent && event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      },
    },
    make("label", { for: "reply" }, `${texts.replyTo} `, make("span", { class: "address" }, target)),
    text,
    make("div", { class: "form-end" }, make("kbd", {}, "Ctrl ↵"), button),
  );
  return form;
}

export interface MailPaneActions {
  onBack: () => void;
  /** @returns whether it was sent */
  onReply: (text: string) => Promise<boolean>;
}

export function makeMailPane(mail: MailDetail, { onBack, onReply }: MailPaneActions): HTMLElement {
  const back = make("button", { type: "button", class: "back", "aria-label": texts.back, onclick: onBack }, makeIcon(BACK_ICON));
  const people = mail.to.length > 0 ? mail.to.map(formatPerson).join(", ") : mail.envelope.to.join(", ");
  return make(
    "article",
    { class: "mail" },
    make("header", { class: "mail-head" }, back, make("h2", { tabindex: "-1" }, mail.subject || texts.noSubject)),
    make(
      "dl",
      { class: "who" },
      make("dt", {}, texts.from),
      make("dd", {}, mail.from === null ? "—" : formatPerson(mail.from)),
      make("dt", {}, texts.to),
      make("dd", {}, people),
    ),
    make("p", { class: "when" }, formatLong(mail.at)),
    makeContent(mail),
    makeAttachments(mail),
    makeDetails(mail),
    makeReply(mail, onReply),
  );
}
