/** The panel, fetched on intent: builds the dialog in the loader's shadow root and runs the visitor's session in it. */
import type { Attachment, Message } from "../../durable-objects/conversation/protocol.ts";
import { browserStorage } from "../shared/unsent-store.ts";
import { Composer } from "./composer.ts";
import { makeFormats } from "./formats.ts";
import { parseConfig } from "./panel-config.ts";
import { type Panel, type PanelHost, type VisitorContact, storagePrefix } from "./panel-contract.ts";
import { makePanelFrame } from "./panel-frame.ts";
import { PanelView } from "./panel-view.ts";
import panelCss from "./panel.css?inline";
import { texts as allTexts } from "./texts.ts";
import type { ThreadActions } from "./thread-view.ts";
import { VisitorMemory } from "./visitor-memory.ts";
import { VisitorSession } from "./visitor-session.ts";
import { type Upload, WidgetApi } from "./widget-api.ts";

function sessionStorageOrNull(): Storage | null {
  try {
    return globalThis.sessionStorage;
  } catch {
    return null;
  }
}

class WidgetPanel implements Panel {
  readonly #host: PanelHost;
  readonly #memory: VisitorMemory;
  readonly #session: VisitorSession;
  readonly #composer: Composer;
  readonly #view: PanelView;
  readonly #element: HTMLElement;
  /** The last message of the others that the visitor has had before them, here. */
  #seenSeq = 0;
  #wasLive = false;

  constructor(host: PanelHost) {
    const texts = allTexts[host.locale];
    const api = new WidgetApi(host.origin);
    this.#host = host;
    this.#memory = new VisitorMemory({ local: browserStorage(), session: sessionStorageOrNull() }, storagePrefix(host.origin));
    this.#session = new VisitorSession({
      api,
      memory: this.#memory,
      locale: host.locale,
      contact: host.contact,
      onChange: () => this.#draw(),
      onReceived: (messages) => this.#handleReceived(messages),
      onTyping: (author) => this.#view.showTyping(author),
      onEnded: (unsentText) => this.#composer.restore(unsentText),
    });
    this.#composer = new Composer({
      texts,
      draft: this.#memory.draft,
      send: (text, attachments) => this.#send(text, attachments),
      upload: (file, onProgress): Upload | null => {
        const { token } = this.#session;
        return token === null ? null : api.upload(token, file, onProgress);
      },
      onTyping: (text) => this.#handleTyping(text),
    });
    const frame = makePanelFrame(texts, this.#composer.element, () => this.close());
    this.#element = frame.element;
    this.#view = new PanelView(
      {
        frame,
        composer: this.#composer,
        texts,
        thread: { texts, actions: this.#actions(api), formats: makeFormats(host.locale, texts, () => Date.now()) },
        saveContact: (contact) => this.#session.saveContact(contact),
        isCaptureDismissed: () => this.#memory.isCaptureDismissed,
        dismissCapture: () => this.#memory.dismissCapture(),
        seen: (seq) => this.#handleSeen(seq),
      },
      parseConfig(null, host.locale, texts),
    );
    this.#attach();
    void host.config.then((value) => {
      const config = parseConfig(value, host.locale, texts);
      if (host.isColourFree && config.colour) host.setColour(config.colour);
      this.#view.configure(config);
    });
  }

  get isOpen(): boolean {
    return !this.#element.hidden;
  }

  open(shouldFocus: boolean): void {
    if (this.isOpen) return;
    this.#memory.tab = "open";
    this.#element.hidden = false;
    this.#host.launcher.setAttribute("aria-expanded", "true");
    this.#view.scrollToEnd();
    this.#draw();
    if (shouldFocus) this.#composer.focus();
    this.#host.emit("open");
  }

  close(): void {
    if (!this.isOpen) return;
    this.#memory.tab = "closed";
    this.#element.hidden = true;
    this.#host.launcher.setAttribute("aria-expanded", "false");
    this.#host.launcher.focus({ preventScroll: true });
    this.#tellUnread();
    this.#host.emit("close");
  }

  identify(contact: VisitorContact): void {
    this.#session.identify(contact);
  }

  reset(): void {
    this.#seenSeq = 0;
    this.#session.reset();
  }

  #actions(api: WidgetApi): ThreadActions {
    return {
      retry: (clientId) => this.#session.retry(clientId),
      discard: (clientId) => this.#session.discard(clientId),
      fileUrl: async (id) => {
        const { token } = this.#session;
        return token === null ? null : api.attachmentUrl(token, id);
      },
    };
  }

  #attach(): void {
    const { root, launcher } = this.#host;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(panelCss);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    // Before the button, so that Tab leads from the panel to it and then on to the page.
    launcher.before(this.#element);
    launcher.setAttribute("aria-controls", "panel");
    this.#session.resume();
    this.#draw();
  }

  #draw(): void {
    const isLive = this.#session.token !== null;
    this.#view.draw(this.#session.view());
    if (isLive && !this.#wasLive) this.#composer.startUploads();
    this.#wasLive = isLive;
    this.#tellUnread();
  }

  #send(text: string, attachments: readonly Attachment[]): void {
    this.#view.follow();
    this.#session.send(text, attachments);
  }

  #handleTyping(text: string): void {
    this.#memory.draft = text;
    if (text !== "") this.#session.typing();
  }

  #handleReceived(messages: readonly Message[]): void {
    const others = messages.filter(({ author }) => author.kind !== "visitor");
    this.#view.announce(others);
    for (const { seq, at, text, author } of others) {
      this.#host.emit("message", { seq, at, text, author: { kind: author.kind, name: author.name ?? null } });
    }
  }

  #handleSeen(seq: number): void {
    this.#seenSeq = Math.max(this.#seenSeq, seq);
    this.#session.seen(seq);
  }

  #tellUnread(): void {
    const { messages, conversation } = this.#session.view();
    const seenSeq = Math.max(this.#seenSeq, conversation?.visitorSeenSeq ?? 0);
    const isUnread = ({ seq, author }: Message): boolean => author.kind === "agent" && seq > seenSeq;
    const count = this.isOpen ? 0 : messages.filter(isUnread).length;
    this.#host.setUnread(count);
    this.#host.emit("unread", count);
  }
}

export const mount = (host: PanelHost): Panel => new WidgetPanel(host);
