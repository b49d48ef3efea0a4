/**
 * All of Hilo that a page loads: a button. It asks for nothing, stores nothing and connects to nothing until the visitor
 * shows intent (pointer, focus or touch fetches the panel, a click opens it), or has shown it before in this tab.
 */
import { parseColour, textOn } from "./colour.ts";
import loaderCss from "./loader.css?inline";
import {
  CONFIRM_FRAGMENT,
  type Panel,
  type PanelHost,
  type PanelModule,
  TAB_KEY,
  UNSENT_KEY,
  type VisitorContact,
  storagePrefix,
} from "./panel-contract.ts";

declare const __PANEL_PATH__: string;

const DEFAULT_COLOUR = "#4f46e5";
const CAPTION_LENGTH_MAX = 60;
const PHONE = "(max-width: 480px), (max-height: 420px)";
const SVG = "http://www.w3.org/2000/svg";

const labels = {
  en: { open: "Open chat", close: "Close chat", unread: "unread", failed: "The chat could not be loaded. Try again." },
  es: {
    open: "Abrir el chat",
    close: "Cerrar el chat",
    unread: "sin leer",
    failed: "No se pudo cargar el chat. Inténtalo de nuevo.",
  },
} as const;

type Command = readonly unknown[];
interface HiloFunction {
  (...command: unknown[]): void;
  q?: Command[];
}

declare global {
  interface Window {
    Hilo?: HiloFunction;
  }
}

function icon(className: string, path: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", className);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

function parseContact(value: unknown): VisitorContact | null {
  if (typeof value !== "object" || value === null || !("email" in value) || typeof value.email !== "string") return null;
  const name = "name" in value && typeof value.name === "string" && value.name !== "" ? value.name : null;
  return name === null ? { email: value.email } : { email: value.email, name };
}

function pickLocale(script: HTMLScriptElement): "en" | "es" {
  const language = script.dataset["locale"] || document.documentElement.lang || navigator.language;
  return /^es\b/i.test(language) ? "es" : "en";
}

function makeLauncher(text: string, label: string): { launcher: HTMLButtonElement; badge: HTMLElement } {
  const launcher = document.createElement("button");
  launcher.type = "button";
  launcher.className = "launcher";
  launcher.setAttribute("aria-label", label);
  launcher.setAttribute("aria-expanded", "false");
  launcher.setAttribute("aria-haspopup", "dialog");
  const badge = document.createElement("span");
  badge.className = "badge";
  badge.hidden = true;
  launcher.append(
    icon(
      "chat",
      "M12 3c-5 0-9 3.4-9 7.7 0 2.4 1.3 4.6 3.3 6l-.6 3.5a.5.5 0 0 0 .7.5l3.6-1.6c.6.1 1.3.2 2 .2 5 0 9-3.4 9-7.7S17 3 12 3Z",
    ),
    icon("shut", "m6 9.5 6 6 6-6"),
  );
  if (text) {
    const caption = document.createElement("span");
    caption.className = "caption";
    caption.textContent = text;
    launcher.append(caption);
  }
  launcher.append(badge);
  return { launcher, badge };
}

/** The button and what it says of the panel. */
class Launcher {
  readonly element = document.createElement("hilo-widget");
  readonly root = this.element.attachShadow({ mode: "open" });
  readonly button: HTMLButtonElement;
  readonly #badge: HTMLElement;
  readonly #colours = new CSSStyleSheet();
  readonly #openLabel: string;
  readonly #label: (typeof labels)["en" | "es"];

  constructor(caption: string, locale: "en" | "es") {
    this.#label = labels[locale];
    // The accessible name begins with what is to be read on the button.
    this.#openLabel = caption ? `${caption}: ${this.#label.open}` : this.#label.open;
    const { launcher, badge } = makeLauncher(caption, this.#openLabel);
    this.button = launcher;
    this.#badge = badge;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(loaderCss);
    this.root.adoptedStyleSheets = [sheet, this.#colours];
    this.root.append(launcher);
  }

  setColour(colour: unknown): void {
    const valid = parseColour(colour);
    if (valid) this.#colours.replaceSync(`:host{--colour:${valid};--on-colour:${textOn(valid)}}`);
  }

  setUnread(count: number): void {
    this.#badge.hidden = count === 0;
    this.#badge.textContent = count > 9 ? "9+" : String(count);
    const isOpen = this.button.getAttribute("aria-expanded") === "true";
    const state = isOpen ? this.#label.close : this.#openLabel;
    this.button.setAttribute("aria-label", count === 0 ? state : `${state} (${count} ${this.#label.unread})`);
  }

  tellFailure(): void {
    this.button.title = this.#label.failed;
  }
}

const fetchConfig = (origin: string): Promise<unknown> =>
  fetch(`${origin}/widget/config`, { credentials: "omit" })
    .then((response): unknown => (response.ok ? response.json() : null))
    .catch(() => null);

/** The panel, fetched once when it is wanted; after a failure the next wish tries again. */
class PanelLoader {
  panel: Panel | null = null;
  readonly #make: (module: PanelModule, config: Promise<unknown>) => Panel;
  readonly #origin: string;
  readonly #onFailure: () => void;
  #loading: Promise<Panel | null> | null = null;
  #failures = 0;

  constructor(origin: string, make: (module: PanelModule, config: Promise<unknown>) => Panel, onFailure: () => void) {
    this.#origin = origin;
    this.#make = make;
    this.#onFailure = onFailure;
  }

  load(): Promise<Panel | null> {
    this.#loading ??= this.#import().catch(() => {
      this.#failures += 1;
      this.#loading = null;
      this.#onFailure();
      return null;
    });
    return this.#loading;
  }

  async #import(): Promise<Panel> {
    // A hash vanishes with the next deploy, while this loader may come from a cache: then the unhashed name is asked
    // for, past every cache.
    const path = this.#failures === 0 ? __PANEL_PATH__ : `widget/panel.js?${Date.now()}`;
    const config = fetchConfig(this.#origin);
    const module: PanelModule = await import(/* @vite-ignore */ `${this.#origin}/${path}`);
    this.panel = this.#make(module, config);
    return this.panel;
  }
}

/** The page's own commands, `Hilo("open")` and so on; see docs/widget.md. */
function makeSdk(
  loader: PanelLoader,
  open: () => void,
): { run: (command: Command) => void; emit: PanelHost["emit"]; contact: () => VisitorContact | null } {
  const listeners: { event: unknown; tell: (detail: unknown) => void }[] = [];
  let contact: VisitorContact | null = null;
  return {
    contact: () => contact,
    emit: (event, detail) => {
      for (const listener of listeners) if (listener.event === event) listener.tell(detail);
    },
    run: ([name, first, second]) => {
      if (name === "open") open();
      else if (name === "close") loader.panel?.close();
      else if (name === "on" && typeof second === "function") listeners.push({ event: first, tell: (detail) => second(detail) });
      else if (name === "identify") {
        contact = parseContact(first);
        if (contact) loader.panel?.identify(contact);
      } else if (name === "reset") {
        contact = null;
        void loader.load().then((panel) => panel?.reset());
      }
    },
  };
}

/** Intent that was shown before: the panel was opened in this tab, or a message still has to go out. */
function earlierIntent(origin: string): "open" | "load" | null {
  const prefix = storagePrefix(origin);
  try {
    const tab = sessionStorage.getItem(prefix + TAB_KEY);
    // On a phone the panel would cover the page that the visitor has just gone to.
    if (tab === "open" && !matchMedia(PHONE).matches) return "open";
    return tab !== null || Object.keys(localStorage).some((key) => key.startsWith(prefix + UNSENT_KEY)) ? "load" : null;
  } catch {
    return null;
  }
}

function start(script: HTMLScriptElement): void {
  const { origin } = new URL(script.src);
  const { colour, position, launcherText } = script.dataset;
  const locale = pickLocale(script);
  const launcher = new Launcher(launcherText?.trim().slice(0, CAPTION_LENGTH_MAX) ?? "", locale);
  const { element, root, button } = launcher;
  if (position === "left") element.className = "left";
  launcher.setColour(parseColour(colour) ?? DEFAULT_COLOUR);

  const loader: PanelLoader = new PanelLoader(
    origin,
    ({ mount }, config) =>
      mount({
        origin,
        root,
        launcher: button,
        locale,
        config,
        isColourFree: parseColour(colour) === null,
        contact: sdk.contact(),
        setColour: (value) => launcher.setColour(value),
        setUnread: (count) => launcher.setUnread(count),
        emit: sdk.emit,
      }),
    () => launcher.tellFailure(),
  );
  const open = async (shouldFocus: boolean): Promise<void> => {
    button.classList.add("busy");
    (await loader.load())?.open(shouldFocus);
    button.classList.remove("busy");
  };
  const sdk = makeSdk(loader, () => void open(true));

  for (const event of ["pointerenter", "focus", "touchstart"]) {
    button.addEventListener(event, () => void loader.load(), { passive: true });
  }
  button.addEventListener("click", () => (loader.panel?.isOpen ? loader.panel.close() : void open(true)));
  document.body.append(element);

  const queued = window.Hilo?.q ?? [];
  window.Hilo = (...command: unknown[]) => sdk.run(command);
  for (const command of queued) sdk.run([...command]);

  const { hash } = location;
  if (hash.startsWith(CONFIRM_FRAGMENT)) {
    // Out of the address at once: it is nothing to be copied along.
    history.replaceState(history.state, "", location.pathname + location.search);
    void loader.load().then((panel) => panel?.confirm?.(hash.slice(CONFIRM_FRAGMENT.length)));
    return;
  }
  const intent = earlierIntent(origin);
  if (intent === "open") void open(false);
  else if (intent === "load") void loader.load();
}

const script = document.currentScript;
if (script instanceof HTMLScriptElement && !document.querySelector("hilo-widget")) {
  if (document.body) start(script);
  else document.addEventListener("DOMContentLoaded", () => start(script), { once: true });
}
