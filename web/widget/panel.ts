/** The panel, fetched on intent: builds the dialog in the loader's shadow root and runs the visitor's session in it. */
import type { Attachment, Message } from "../../durable-objects/conversation/protocol.ts";
import { computeBackOffMs } from "../shared/back-off.ts";
import { newUuid } from "../shared/uuid-v7.ts";
import { Composer } from "./composer.ts";
import { makeFormats } from "./formats.ts";
import { loadSession } from "./load-code.ts";
import { parseConfig } from "./panel-config.ts";
import { type Panel, type PanelHost, type VisitorContact, storagePrefix } from "./panel-contract.ts";
import { makePanelFrame } from "./panel-frame.ts";
import { PanelView } from "./panel-view.ts";
import panelCss from "./panel.css?inline";
import { viewWithoutSession } from "./session-view.ts";
import { texts as allTexts } from "./texts.ts";
import { VisitorMemory } from "./visitor-memory.ts";
import type { VisitorSession } from "./visitor-session.ts";
import { WidgetApi } from "./widget-api.ts";

class WidgetPanel implements Panel {
  readonly #host: PanelHost;
  readonly #api: WidgetApi;
  readonly #memory: VisitorMemory;
  readonly #composer: Composer;
  readonly #view: PanelView;
  readonly #element: HTMLElement;
  /** Null until the visitor writes, or where this device has no conversation. */
  #session: VisitorSession | null = null;
  #hasResumed = false;
  /** Failures in a row to fetch the session's code. */
  #attempt = 0;
  #contact: VisitorContact | null;
  /** The last message of the others that the visitor has had before them, here. */
  #seenSeq = 0;
  #wasLive = false;

  constructor(host: PanelHost) {
    this.#host = host;
    this.#contact = host.contact;
    this.#api = new WidgetApi(host.origin);
    this.#memory = new VisitorMemory(storagePrefix(host.origin));
    this.#composer = this.#makeComposer();
    const texts = allTexts[host.locale];
    const frame = makePanelFrame(texts, this.#composer.element, () => this.close());
    this.#element = frame.element;
    const thread = {
      locale: host.locale,
      texts,
      formats: makeFormats(host.locale, texts, () => Date.now()),
      retry: (clientId: string) => this.#session?.retry(clientId),
      discard: (clientId: string) => this.#session?.discard(clientId),
      fileUrl: (id: string) => this.#api.attachmentUrl(this.#token, id),
    };
    const memory = this.#memory;
    this.#view = new PanelView(
      {
        frame,
        composer: this.#composer,
        texts,
        thread,
        memory,
        saveContact: async (contact) => (await this.#start()).saveContact(contact),
        askForCode: async () => (await this.#start()).askForCode(),
        confirm: async (code) => (await this.#start()).confirm({ code }),
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

  /** A link from a mail was opened on this page: with this browser's own token it shows that the address is theirs. */
  confirm(secret: string): void {
    this.open(false);
    if (!this.#memory.identity) return this.#view.notify("elsewhere");
    void this.#start()
      .then((session) => session.confirm({ secret }))
      .then(({ kind }) => this.#view.notify(kind === "done" ? "done" : "elsewhere"));
  }

  identify(contact: VisitorContact): void {
    this.#contact = contact;
    this.#session?.identify(contact);
  }

  reset(): void {
    this.#seenSeq = 0;
    this.#contact = null;
    if (this.#session) this.#session.reset();
    else this.#memory.forget();
    this.#draw();
  }

  get #token(): string | null {
    return this.#session?.token ?? null;
  }

  #makeComposer(): Composer {
    const { locale } = this.#host;
    return new Composer({
      locale,
      texts: allTexts[locale],
      draft: this.#memory.draft,
      send: (text, attachments) => this.#send(text, attachments),
      upload: (file, onProgress) => (this.#token === null ? null : this.#api.upload(this.#token, file, onProgress)),
      onTyping: (text) => this.#handleTyping(text),
    });
  }

  #attach(): void {
    const { root, launcher } = this.#host;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(panelCss);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    // Before the button, so that Tab leads from the panel to it and then on to the page.
    launcher.before(this.#element);
    launcher.setAttribute("aria-controls", "panel");
    if (this.#memory.identity || this.#memory.unsent.load().length > 0) void this.#start();
    addEventListener("storage", ({ key }) => this.#memory.isIdentityKey(key) && this.#memory.identity && void this.#start());
    this.#draw();
  }

  /** The session, once its code is there; what waits in storage then goes out. Tries for as long as it takes. */
  async #start(): Promise<VisitorSession> {
    for (;;) {
      try {
        const { VisitorSession } = await loadSession();
        this.#session ??= new VisitorSession({
          api: this.#api,
          memory: this.#memory,
          locale: this.#host.locale,
          contact: this.#contact,
          onChange: () => this.#draw(),
          onReceived: (messages) => this.#handleReceived(messages),
          onTyping: (author) => this.#view.showTyping(author),
          onEnded: (unsentText) => this.#composer.restore(unsentText),
        });
        if (!this.#hasResumed) this.#session.resume();
        this.#hasResumed = true;
        return this.#session;
      } catch {
        this.#attempt += 1;
        this.#draw();
        await new Promise((resolve) => setTimeout(resolve, computeBackOffMs(this.#attempt, Math.random())));
      }
    }
  }

  #draw(): void {
    const isLive = this.#token !== null;
    this.#view.draw(this.#session?.view() ?? viewWithoutSession(this.#memory.unsent.load(), this.#attempt > 0));
    if (isLive && !this.#wasLive) this.#composer.startUploads();
    this.#wasLive = isLive;
    this.#tellUnread();
  }

  #send(text: string, attachments: readonly Attachment[]): void {
    const message = { clientId: newUuid(), text, attachments, createdAt: Date.now() };
    this.#view.follow();
    if (this.#session) return this.#session.send(message);
    // Stored before anything is fetched: from now on it outlives a reload.
    this.#memory.unsent.put(message);
    this.#draw();
    void this.#start().then((session) => session.send(message));
  }

  #handleTyping(text: string): void {
    this.#memory.draft = text;
    if (text === "") return;
    if (this.#session) this.#session.typing();
    // Fetched while the first message is being written, so that sending it waits for nothing.
    else loadSession().catch(() => null);
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
    this.#session?.seen(seq);
  }

  #tellUnread(): void {
    const view = this.#session?.view();
    const seenSeq = Math.max(this.#seenSeq, view?.conversation?.visitorSeenSeq ?? 0);
    const unread = view?.messages.filter(({ seq, author }) => author.kind === "agent" && seq > seenSeq) ?? [];
    const count = this.isOpen ? 0 : unread.length;
    this.#host.setUnread(count);
    this.#host.emit("unread", count);
  }
}

export const mount = (host: PanelHost): Panel => new WidgetPanel(host);
