/**
 * The visitor's side of one conversation. All messages go into one queue (`ConversationSocket`); while this device has no
 * conversation, the first of them goes out by HTTP, makes the conversation, and the socket carries the rest.
 */
import type { Attachment, Author, Message } from "../../durable-objects/conversation/protocol.ts";
import { computeBackOffMs } from "../shared/back-off.ts";
import { type ConnectionStatus, ConversationSocket, type Notice } from "../shared/conversation-socket.ts";
import { isRecord } from "../shared/record.ts";
import { SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from "../shared/protocol-constants.ts";
import type { SaveResult } from "./capture-form.ts";
import type { VisitorContact } from "./panel-contract.ts";
import type { SessionView } from "./session-view.ts";
import type { VisitorMemory } from "./visitor-memory.ts";
import type { WidgetApi } from "./widget-api.ts";

/** UTF-16 code units of a page's address, as the server accepts it. */
const PAGE_LENGTH_MAX = 2000;
/** What the server answers to an address that is one of its own mailboxes. */
const OURS_STATUS = 409;

/** Ms after which a first message that was a lot at once is tried again at the latest. */
const LIMITED_MS_MAX = 10 * 60_000;

interface SessionOptions {
  readonly api: WidgetApi;
  readonly memory: VisitorMemory;
  readonly locale: string;
  readonly contact: VisitorContact | null;
  readonly onChange: () => void;
  readonly onReceived: (messages: readonly Message[]) => void;
  readonly onTyping: (author: Author) => void;
  /** The text of messages that the ended conversation never took: the visitor should not lose it. */
  readonly onEnded: (unsentText: string) => void;
}

/** What became of a code, or of the secret of a link. */
export type ConfirmResult =
  | { readonly kind: "done" }
  | { readonly kind: "wrong"; readonly triesLeft: number }
  | { readonly kind: "expired" }
  | { readonly kind: "again" };

export class VisitorSession {
  readonly #options: SessionOptions;
  #socket: ConversationSocket;
  /** Null while this device has no conversation. */
  #token: string | null = null;
  #isCreating = false;
  /** Failures in a row to make the conversation. */
  #attempt = 0;
  /** The last of them, because it was a lot at once. */
  #isLimited = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** Given, and not yet passed on. */
  #contact: VisitorContact | null;
  #hasGivenEmail = false;
  #isEnded = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#contact = options.contact;
    this.#socket = this.#makeSocket();
    addEventListener("online", () => this.#create());
    addEventListener("storage", ({ key }) => options.memory.isIdentityKey(key) && this.#followOtherTab());
  }

  /** Takes up what this device remembers. */
  resume(): void {
    const { identity } = this.#options.memory;
    if (identity) this.#goLive(identity.token);
    else this.#create();
  }

  get token(): string | null {
    return this.#token;
  }

  view(): SessionView {
    const snapshot = this.#socket.snapshot();
    const { conversation } = snapshot;
    const known = conversation && "hasEmail" in conversation ? conversation : null;
    return {
      ...snapshot,
      ...(this.#token === null && { status: this.#statusOfCreating(snapshot.unsent.length), isLimited: this.#isLimited }),
      conversation: known,
      hasEmail: this.#hasGivenEmail || this.#contact !== null || known?.hasEmail === true,
      isEnded: this.#isEnded,
    };
  }

  /** Does nothing where the clientId is in the queue already. */
  send(message: { readonly text: string; readonly attachments: readonly Attachment[]; readonly clientId: string }): void {
    this.#isEnded = false;
    this.#socket.send(message);
    this.#create();
  }

  retry(clientId: string): void {
    this.#socket.retry(clientId);
    this.#create();
  }

  discard(clientId: string): void {
    this.#socket.discard(clientId);
  }

  typing(): void {
    this.#socket.typing();
  }

  seen(seq: number): void {
    this.#socket.seen(seq);
  }

  /** From the page's own code: who is signed in there. */
  identify(contact: VisitorContact): void {
    this.#contact = contact;
    void this.#passContactOn();
    this.#options.onChange();
  }

  /** The capture form. Where there is no conversation yet, the address goes out when there is. */
  async saveContact(contact: VisitorContact): Promise<SaveResult> {
    this.#contact = contact;
    const kind = this.#token === null ? "done" : await this.#passContactOn();
    if (kind !== "done") this.#contact = null;
    return kind;
  }

  async askForCode(): Promise<{ readonly digits: number } | null> {
    const result = this.#token === null ? null : await this.#options.api.askForCode(this.#token);
    return result?.kind === "done" ? result.value : null;
  }

  /** Shows that the address is theirs. The new token is used at once: only then does it count. */
  async confirm(proof: { readonly code: string } | { readonly secret: string }): Promise<ConfirmResult> {
    const token = this.#token;
    const { identity } = this.#options.memory;
    if (token === null || identity === null) return { kind: "expired" };
    const result = await this.#options.api.confirm(token, proof);
    if (result.kind === "again" || result.kind === "limited") return { kind: "again" };
    if (result.kind === "done") {
      this.#options.memory.identity = { ...identity, token: result.value.token };
      this.#adopt(result.value.token);
      return { kind: "done" };
    }
    const triesLeft = isRecord(result.problem) ? result.problem["triesLeft"] : undefined;
    return typeof triesLeft === "number" ? { kind: "wrong", triesLeft } : { kind: "expired" };
  }

  /** Another token of the same conversation: read anew from its beginning, for it may show more. */
  #adopt(token: string): void {
    this.#leave();
    this.#socket = this.#makeSocket();
    this.#goLive(token);
    this.#options.onChange();
  }

  /** Forgets the conversation on this device (S18), and no copy of its token opens anything; on the server it stays. */
  reset(): void {
    if (this.#token !== null) void this.#options.api.endSession(this.#token);
    this.#forget();
  }

  #forget(): void {
    this.#contact = null;
    this.#leave();
    this.#options.memory.forget();
    this.#socket = this.#makeSocket();
    this.#options.onChange();
  }

  #makeSocket(): ConversationSocket {
    const { api, memory } = this.#options;
    const socket: ConversationSocket = new ConversationSocket({
      url: api.socketUrl,
      protocols: () => [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + this.#token],
      isOwn: ({ author }) => author.kind === "visitor",
      store: memory.unsent,
      onChange: () => socket === this.#socket && this.#handleChange(),
      onNotice: (notice) => this.#handleNotice(notice),
    });
    return socket;
  }

  #statusOfCreating(unsent: number): ConnectionStatus {
    if (unsent > 0 && !navigator.onLine) return { kind: "offline", unsent };
    return { kind: this.#attempt > 0 ? "reconnecting" : "up-to-date", unsent };
  }

  /** Makes the conversation with the first message that waits; kept in storage, it survives a reload under its clientId. */
  #create(): void {
    const first = this.#socket.snapshot().unsent.find(({ failure }) => !failure);
    if (!first || this.#token !== null || this.#isCreating) return;
    clearTimeout(this.#retryTimer);
    this.#isCreating = true;
    const { api, locale } = this.#options;
    const page = `${location.origin}${location.pathname}${location.search}`.slice(0, PAGE_LENGTH_MAX);
    const contact = this.#contact && { contact: this.#contact };
    const socket = this.#socket;
    void api.createConversation({ clientId: first.clientId, text: first.text, page, locale, ...contact }).then((result) => {
      // It was reset meanwhile, or another tab has made the conversation.
      if (socket !== this.#socket) return;
      this.#isCreating = false;
      this.#isLimited = result.kind === "limited";
      if (result.kind === "done") {
        const { token, conversationId, message } = result.value;
        if (this.#token === null) {
          this.#options.memory.identity = { token, conversationId };
          this.#goLive(token);
        }
        socket.settle(first.clientId, message);
      } else if (result.kind === "refused" && contact) {
        // The message is worth more than an address that cannot be the visitor's.
        this.#contact = null;
        this.#create();
      } else if (result.kind === "refused") {
        this.#attempt = 0;
        socket.refuse(first.clientId, result.status === 413 ? "too_long" : "not_allowed");
        this.#create();
      } else {
        const waitMs = result.kind === "limited" ? Math.min(result.waitMs, LIMITED_MS_MAX) : 0;
        this.#retryTimer = setTimeout(() => this.#create(), waitMs + computeBackOffMs(this.#attempt, Math.random()));
        this.#attempt += 1;
        this.#options.onChange();
      }
    });
  }

  #goLive(token: string): void {
    this.#token = token;
    this.#attempt = 0;
    this.#socket.start();
    void this.#passContactOn();
  }

  #handleChange(): void {
    const { status, unsent } = this.#socket.snapshot();
    if (status.kind === "stopped" && status.reason === "not-allowed") {
      // Another tab has confirmed it meanwhile: its token is the one that counts.
      const { identity } = this.#options.memory;
      if (identity && identity.token !== this.#token) return this.#adopt(identity.token);
      this.#forget();
      this.#isEnded = true;
      this.#options.onEnded(unsent.map(({ text }) => text).join("\n"));
    }
    this.#options.onChange();
  }

  #handleNotice(notice: Notice): void {
    if (notice.kind === "received" && notice.isLive) this.#options.onReceived(notice.messages);
    if (notice.kind === "resumed") void this.#passContactOn();
    if (notice.kind === "frame" && notice.frame.type === "typing") this.#options.onTyping(notice.frame.author);
  }

  async #passContactOn(): Promise<SaveResult> {
    const contact = this.#contact;
    if (!contact || this.#token === null) return "done";
    const result = await this.#options.api.saveContact(this.#token, contact);
    const kind = result.kind === "refused" && result.status === OURS_STATUS ? "ours" : result.kind;
    // After trouble it is tried again with the next connection.
    if (kind === "again" || kind === "limited" || this.#contact !== contact) return kind;
    this.#contact = null;
    this.#hasGivenEmail ||= kind === "done";
    this.#options.onChange();
    return kind;
  }

  #followOtherTab(): void {
    const { identity } = this.#options.memory;
    if (identity && this.#token === null) this.#goLive(identity.token);
    else if (identity && identity.token !== this.#token) this.#adopt(identity.token);
    else if (!identity && this.#token !== null) this.#forget();
  }

  #leave(): void {
    clearTimeout(this.#retryTimer);
    this.#socket.stop();
    this.#token = null;
    this.#isCreating = false;
    this.#isLimited = false;
    this.#isEnded = false;
    this.#hasGivenEmail = false;
  }
}
