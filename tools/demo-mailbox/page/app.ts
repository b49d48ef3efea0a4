/** The page of the demo mailbox. */
import type { MailDetail, MailSummary } from "../mail-view.ts";
import { make, makeIcon } from "./dom.ts";
import { customerOf, makeCustomerChoice, makeList } from "./mail-list.ts";
import { makeMailPane } from "./mail-pane.ts";
import { loadMail, loadMails, type Outcome, sendMail, sendReply, watchMails } from "./mailbox-client.ts";
import { language, texts } from "./texts.ts";
import { openWriteDialog } from "./write-dialog.ts";

const WRITE_ICON = "M12 20h9M4 20l1-4L16 5l3 3L8 19z";
const LOGO_ICON = "M4 6h16v12H4zm0 .5 8 6 8-6";
const TOAST_MS = 5_000;
const SEEN_KEY = "hilo-demo-mailbox-seen";
const SEEN_MAX = 2_000;

let mails: MailSummary[] = [];
let customer = "";
let selected: string | null = null;
const seen = new Set((localStorage.getItem(SEEN_KEY) ?? "").split(" "));

const list = make("nav", { class: "list", "aria-label": texts.title });
const pane = make("section", { class: "pane", "aria-live": "off" });
const toast = make("div", { class: "toast", role: "status", hidden: true });
const live = make("span", { class: "live" }, texts.offline);
let toastTimer = 0;

function showToast(outcome: Outcome): boolean {
  toast.textContent = outcome.isSent ? texts.sent : `${texts.refused}: ${outcome.reason}`;
  toast.classList.toggle("bad", !outcome.isSent);
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = window.setTimeout(() => (toast.hidden = true), TOAST_MS);
  return outcome.isSent;
}

function drawList(): void {
  const state = { mails, customer, selected, seen };
  const choose = (chosen: string) => {
    customer = chosen;
    drawList();
    list.querySelector("select")?.focus();
  };
  // Drawing anew must not take the keyboard away from where it was, nor the place in the list.
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.id : undefined;
  const { scrollTop } = list;
  list.replaceChildren(
    makeCustomerChoice(state, choose),
    makeList(state, (id) => (location.hash = id)),
  );
  list.scrollTop = scrollTop;
  if (focused !== undefined) list.querySelector<HTMLElement>(`[data-id="${CSS.escape(focused)}"]`)?.focus();
}

function drawNothing(): void {
  pane.replaceChildren(
    make("div", { class: "empty" }, make("p", { class: "empty-title" }, texts.choose), make("p", {}, texts.chooseHint)),
  );
}

function drawMail(mail: MailDetail): void {
  const onReply = async (text: string) => showToast(await sendReply(mail.id, text));
  pane.replaceChildren(makeMailPane(mail, { onBack: () => (location.hash = ""), onReply }));
  pane.scrollTop = 0;
  pane.querySelector("h2")?.focus({ preventScroll: true });
}

async function showSelected(): Promise<void> {
  const id = location.hash.slice(1);
  selected = id === "" ? null : id;
  document.body.dataset.view = selected === null ? "list" : "mail";
  if (selected !== null) {
    seen.add(selected);
    localStorage.setItem(SEEN_KEY, [...seen].slice(-SEEN_MAX).join(" "));
  }
  drawList();
  const mail = selected === null ? null : await loadMail(selected).catch(() => null);
  // Another mail may have been chosen meanwhile.
  if (id !== location.hash.slice(1)) return;
  if (mail === null) drawNothing();
  else drawMail(mail);
}

async function refresh(): Promise<void> {
  mails = (await loadMails()).items;
  drawList();
}

function write(): void {
  const latest = mails[0];
  const received = mails.find((mail) => mail.direction === "received");
  openWriteDialog({
    from: customer || (latest === undefined ? "" : customerOf(latest)),
    to: received?.from?.address ?? latest?.envelope.to[0] ?? "",
    onSend: async (mail) => showToast(await sendMail(mail)),
  });
}

function start(): void {
  document.documentElement.lang = language;
  document.title = texts.title;
  document.body.prepend(
    make(
      "header",
      { class: "bar" },
      make("span", { class: "logo" }, makeIcon(LOGO_ICON)),
      make("div", { class: "names" }, make("h1", {}, texts.title), make("p", {}, texts.purpose)),
      live,
      make("button", { type: "button", class: "primary", onclick: write }, makeIcon(WRITE_ICON), make("span", {}, texts.write)),
    ),
  );
  document.querySelector("#app")?.replaceWith(make("main", {}, list, pane), toast);
  drawNothing();
  window.addEventListener("hashchange", () => void showSelected());
  watchMails(
    () => void refresh(),
    (isLive) => {
      live.textContent = isLive ? texts.live : texts.offline;
      live.classList.toggle("on", isLive);
    },
  );
  void showSelected();
}

start();
