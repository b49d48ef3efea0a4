/** The panel's fixed parts and how they behave as a dialog: focus, Escape, the phone's keyboard. No knowledge of messages. */
import { el, icon } from "./dom.ts";
import type { Texts } from "./texts.ts";

/** Below this the panel fills the screen; the style sheet has the same query. */
const PHONE = "(max-width: 480px), (max-height: 420px)";

export interface PanelFrame {
  readonly element: HTMLElement;
  readonly title: HTMLElement;
  readonly subtitle: HTMLElement;
  readonly banner: HTMLElement;
  /** Scrolls; holds greeting, rows, capture form and typing notice. */
  readonly thread: HTMLElement;
  readonly greeting: HTMLElement;
  readonly rows: HTMLElement;
  readonly extra: HTMLElement;
  /** How the conversation went on, and the way to see it here. */
  readonly confirm: HTMLElement;
  readonly typing: HTMLElement;
  readonly jump: HTMLButtonElement;
  /** Read out by screen readers, and not seen. */
  readonly live: HTMLElement;
}

export function makePanelFrame(texts: Texts, composer: HTMLElement, close: () => void): PanelFrame {
  const title = el("h2", { id: "title", dir: "auto" });
  const subtitle = el("p", { class: "subtitle" });
  const shut = el("button", { type: "button", class: "icon-button", "aria-label": texts.close }, icon("close"));
  shut.addEventListener("click", close);
  const banner = el("div", { class: "banner", role: "status" });
  const greeting = el("p", { class: "greeting", dir: "auto" });
  const rows = el("div", { class: "rows" });
  const extra = el("div", { class: "extra" });
  const confirm = el("div");
  const typing = el("div", { class: "typing", hidden: true });
  const thread = el(
    "div",
    { class: "thread", tabindex: "0", role: "group", "aria-labelledby": "title" },
    greeting,
    rows,
    extra,
    confirm,
    typing,
  );
  const jump = el("button", { type: "button", class: "jump", hidden: true }, icon("down"), texts.newMessages);
  const live = el("div", { class: "unseen", role: "log", "aria-live": "polite" });
  const element = el(
    "section",
    { class: "panel", id: "panel", role: "dialog", "aria-labelledby": "title", hidden: true },
    el("header", { role: "none" }, el("div", { class: "heading" }, title, subtitle), shut),
    banner,
    el("div", { class: "middle" }, thread, jump),
    composer,
    live,
  );
  element.addEventListener("keydown", (event) => handleKey(event, element, close));
  followKeyboard(element);
  return { element, title, subtitle, banner, thread, greeting, rows, extra, confirm, typing, jump, live };
}

function handleKey(event: KeyboardEvent, panel: HTMLElement, close: () => void): void {
  if (event.key === "Escape" && !event.isComposing) {
    event.stopPropagation();
    close();
  }
  // Where the panel covers the page, focus must not wander behind it.
  if (event.key !== "Tab" || !matchMedia(PHONE).matches) return;
  const stops = [...panel.querySelectorAll<HTMLElement>("a[href], button, input, textarea, [tabindex='0']")].filter(
    (stop) => stop.tabIndex >= 0 && stop.getClientRects().length > 0 && !stop.hasAttribute("disabled"),
  );
  const root = panel.getRootNode();
  const current = root instanceof ShadowRoot ? root.activeElement : document.activeElement;
  if (current !== (event.shiftKey ? stops[0] : stops.at(-1))) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
}

/** Some phones lay their keyboard over the page without making it smaller. */
function followKeyboard(panel: HTMLElement): void {
  const { visualViewport } = window;
  if (!visualViewport) return;
  const fit = (): void => {
    const isPhone = matchMedia(PHONE).matches && !panel.hidden;
    panel.style.height = isPhone ? `${visualViewport.height}px` : "";
    panel.style.top = isPhone ? `${visualViewport.offsetTop}px` : "";
    panel.setAttribute("aria-modal", String(isPhone));
  };
  visualViewport.addEventListener("resize", fit);
  visualViewport.addEventListener("scroll", fit);
  new MutationObserver(fit).observe(panel, { attributeFilter: ["hidden"] });
}
