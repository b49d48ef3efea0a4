/** Puts a session on screen: header, banner, thread, capture form, announcements, and how far the visitor has read. */
import type { Author, Message } from "../../durable-objects/conversation/protocol.ts";
import { TYPING_SHOWN_MS } from "../shared/protocol-constants.ts";
import { makeCaptureForm, type SaveResult } from "./capture-form.ts";
import type { Composer } from "./composer.ts";
import { makeKeyedList } from "./dom.ts";
import { dayOf } from "./formats.ts";
import type { PanelConfig } from "./panel-config.ts";
import type { PanelFrame } from "./panel-frame.ts";
import type { VisitorContact } from "./panel-contract.ts";
import { loadConfirmLine } from "./load-code.ts";
import { computeRows } from "./rows.ts";
import { type Texts, fill } from "./texts.ts";
import { type ThreadContext, toNode } from "./thread-view.ts";
import type { SessionView } from "./session-view.ts";
import type { ConfirmResult } from "./visitor-session.ts";

/** Pixels from the end within which the thread follows new messages. */
const FOLLOW_DISTANCE = 80;

interface PanelViewOptions {
  readonly frame: PanelFrame;
  readonly composer: Composer;
  readonly thread: ThreadContext;
  readonly texts: Texts;
  readonly saveContact: (contact: VisitorContact) => Promise<SaveResult>;
  readonly askForCode: () => Promise<{ readonly digits: number } | null>;
  readonly confirm: (code: string) => Promise<ConfirmResult>;
  readonly memory: { readonly isCaptureDismissed: boolean; dismissCapture(): void };
  readonly seen: (seq: number) => void;
}

export class PanelView {
  readonly #options: PanelViewOptions;
  readonly #drawRows: ReturnType<typeof makeKeyedList>;
  #view: SessionView | null = null;
  #config: PanelConfig;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #capture: HTMLElement | null = null;
  /** What the line that is on screen is about; empty where there is none. */
  #confirmKey = "";

  constructor(options: PanelViewOptions, config: PanelConfig) {
    this.#options = options;
    this.#config = config;
    const { frame } = options;
    this.#drawRows = makeKeyedList(frame.rows);
    frame.jump.addEventListener("click", () => this.scrollToEnd());
    frame.thread.addEventListener("scroll", () => this.#handleScroll(), { passive: true });
    // Pictures and the phone's keyboard change heights after the scrolling was done.
    if ("ResizeObserver" in window) {
      const observer = new ResizeObserver(() => this.#isFollowing && this.scrollToEnd());
      observer.observe(frame.thread);
      observer.observe(frame.rows);
      // Forms below the messages grow too: a code's field, and what is wrong with it.
      observer.observe(frame.extra);
      observer.observe(frame.confirm);
    }
    document.addEventListener("visibilitychange", () => this.#tellSeen());
  }

  #isFollowing = true;

  configure(config: PanelConfig): void {
    this.#config = config;
    if (this.#view) this.draw(this.#view);
  }

  draw(view: SessionView): void {
    this.#view = view;
    const { frame, thread, texts } = this.#options;
    frame.title.textContent = this.#config.title;
    frame.greeting.textContent = view.isEnded ? texts.ended : this.#config.greeting;
    this.#drawHeader(view);
    frame.banner.textContent = this.#bannerText(view);
    const rows = computeRows({
      messages: view.messages,
      unsent: view.unsent,
      readSeq: view.conversation?.readSeq ?? 0,
      isConnected: view.status.kind === "up-to-date",
      dayOf,
    });
    this.#drawRows(rows.map((row) => toNode(row, thread)));
    this.#drawCapture(view);
    this.#drawConfirm(view);
    if (this.#isFollowing) this.scrollToEnd();
    this.#tellSeen();
  }

  /** Messages that have just come in: read out, and the typing notice ends. */
  announce(messages: readonly Message[]): void {
    const { frame, texts } = this.#options;
    for (const { author, text, attachments } of messages) {
      const line = document.createElement("p");
      const content = text || attachments.map(({ name }) => name).join(", ");
      line.textContent = fill(texts.from, { name: author.name || texts.team, text: content });
      frame.live.append(line);
    }
    while (frame.live.childElementCount > 5) frame.live.firstElementChild?.remove();
    this.#showTyping(null);
    if (!this.#isFollowing) frame.jump.hidden = false;
  }

  showTyping({ name }: Author): void {
    const { texts } = this.#options;
    this.#showTyping(fill(texts.typing, { name: name || texts.someone }));
    this.#typingTimer = setTimeout(() => this.#showTyping(null), TYPING_SHOWN_MS);
  }

  scrollToEnd(): void {
    const { thread, jump } = this.#options.frame;
    this.#isFollowing = true;
    jump.hidden = true;
    thread.scrollTop = thread.scrollHeight;
  }

  /** What the visitor sends is always followed. */
  follow(): void {
    this.#isFollowing = true;
  }

  #showTyping(text: string | null): void {
    clearTimeout(this.#typingTimer);
    const { typing } = this.#options.frame;
    typing.hidden = text === null;
    typing.textContent = text ?? "";
    if (this.#isFollowing) this.scrollToEnd();
  }

  #drawHeader({ presence, conversation }: SessionView): void {
    const { frame, texts } = this.#options;
    const agents = presence?.agents ?? [];
    const name = agents.find((agent) => agent.name)?.name ?? conversation?.assignee?.name;
    frame.subtitle.classList.toggle("online", agents.length > 0);
    if (agents.length === 0) frame.subtitle.textContent = texts.away;
    else frame.subtitle.textContent = name ? fill(texts.withAgent, { name }) : texts.here;
  }

  #bannerText({ status, isLimited }: SessionView): string {
    const { texts } = this.#options;
    if (isLimited) return texts.tooMuch;
    switch (status.kind) {
      case "up-to-date":
        return "";
      case "connecting":
        return texts.connecting;
      case "stopped":
        return status.reason === "too-old" ? texts.tooOld : "";
      case "reconnecting":
      case "offline": {
        const state = status.kind === "offline" ? texts.offline : texts.reconnecting;
        if (status.unsent === 0) return state;
        return `${state} · ${fill(texts.unsent, { count: status.unsent })}`;
      }
    }
  }

  #drawCapture(view: SessionView): void {
    const { frame, texts, memory, saveContact } = this.#options;
    const isWanted =
      this.#config.isCaptureShown &&
      !memory.isCaptureDismissed &&
      (view.messages.length > 0 || view.unsent.some(({ failure }) => !failure));
    // Its thanks stay on screen until the panel is opened anew.
    if (this.#capture || !isWanted || view.hasEmail) {
      if (this.#capture && view.messages.length + view.unsent.length === 0) this.#removeCapture();
      return;
    }
    this.#capture = makeCaptureForm({
      texts,
      text: this.#config.capture,
      save: saveContact,
      saved: () => this.#options.composer.focus(),
      dismiss: () => {
        memory.dismissCapture();
        this.#removeCapture();
        this.#options.composer.focus();
      },
    });
    frame.extra.replaceChildren(this.#capture);
  }

  /** Says how the conversation went on, where this browser has not shown that the address is theirs. */
  #drawConfirm({ conversation }: SessionView): void {
    const { frame, thread, askForCode, confirm } = this.#options;
    const email = conversation?.goesOnAt ?? "";
    const isAsked = conversation?.isAskedToConfirm === true;
    const key = email === "" ? "" : `${email} ${isAsked}`;
    if (key === this.#confirmKey) return;
    this.#confirmKey = key;
    if (key === "") {
      // Who has just typed the code goes on writing; the focus of somebody who is elsewhere stays there.
      const root = frame.confirm.getRootNode();
      const hasFocus = root instanceof ShadowRoot && frame.confirm.contains(root.activeElement);
      frame.confirm.replaceChildren();
      if (hasFocus) this.#options.composer.focus();
      return;
    }
    const options = { locale: thread.locale, email, isAsked, askForCode, confirm };
    void loadConfirmLine().then(
      ({ makeConfirmLine }) => this.#confirmKey === key && frame.confirm.replaceChildren(makeConfirmLine(options)),
      () => (this.#confirmKey = ""),
    );
  }

  /** For who came by a link from a mail. */
  notify(kind: "done" | "elsewhere"): void {
    const { frame, thread } = this.#options;
    void loadConfirmLine().then(
      ({ makeNotice }) => frame.extra.append(makeNotice(thread.locale, kind)),
      () => null,
    );
  }

  #removeCapture(): void {
    this.#capture?.remove();
    this.#capture = null;
  }

  #handleScroll(): void {
    const { thread, jump } = this.#options.frame;
    this.#isFollowing = thread.scrollHeight - thread.scrollTop - thread.clientHeight < FOLLOW_DISTANCE;
    if (this.#isFollowing) jump.hidden = true;
    this.#tellSeen();
  }

  /** Read is what is at the end of an open panel on a visible page. */
  #tellSeen(): void {
    const { frame, seen } = this.#options;
    const newest = this.#view?.messages.at(-1);
    if (newest && this.#isFollowing && !frame.element.hidden && document.visibilityState === "visible") seen(newest.seq);
  }
}
