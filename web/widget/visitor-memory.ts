/** What this device remembers of its conversation. Written only after the visitor acted; read with suspicion. */
import { type UnsentStore, browserStorage, makeUnsentStore } from "../shared/unsent-store.ts";
import { TAB_KEY, UNSENT_KEY, VISITOR_KEY } from "./panel-contract.ts";
import { isRecord } from "../shared/record.ts";

interface VisitorIdentity {
  readonly token: string;
  readonly conversationId: string;
}

const DRAFT_KEY = "draft";
const CAPTURE_KEY = "capture";

export class VisitorMemory {
  readonly unsent: UnsentStore;
  readonly #local = browserStorage("localStorage");
  readonly #session = browserStorage("sessionStorage");
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.unsent = makeUnsentStore(this.#local, prefix + UNSENT_KEY);
  }

  get identity(): VisitorIdentity | null {
    try {
      const value: unknown = JSON.parse(this.#read(VISITOR_KEY));
      const isIdentity = isRecord(value) && typeof value["token"] === "string" && typeof value["conversationId"] === "string";
      return isIdentity ? { token: String(value["token"]), conversationId: String(value["conversationId"]) } : null;
    } catch {
      return null;
    }
  }

  set identity(identity: VisitorIdentity) {
    this.#write(VISITOR_KEY, JSON.stringify(identity));
  }

  get draft(): string {
    return this.#read(DRAFT_KEY);
  }

  set draft(text: string) {
    this.#write(DRAFT_KEY, text);
  }

  get isCaptureDismissed(): boolean {
    return this.#read(CAPTURE_KEY) !== "";
  }

  dismissCapture(): void {
    this.#write(CAPTURE_KEY, "dismissed");
  }

  set tab(state: "open" | "closed") {
    this.#write(TAB_KEY, state, this.#session);
  }

  /** Whether a `storage` event tells that another tab began or forgot the conversation; `null` is "all was cleared". */
  isIdentityKey(key: string | null): boolean {
    return key === null || key === this.#prefix + VISITOR_KEY;
  }

  /** This device knows nothing any more. */
  forget(): void {
    for (const key of [VISITOR_KEY, DRAFT_KEY, CAPTURE_KEY]) this.#write(key, "");
    this.unsent.clear();
  }

  #read(key: string): string {
    try {
      return this.#local?.getItem(this.#prefix + key) ?? "";
    } catch {
      return "";
    }
  }

  /** Where storage is full or forbidden, the conversation lives as long as the page. */
  #write(key: string, value: string, storage = this.#local): void {
    try {
      if (value === "") storage?.removeItem(this.#prefix + key);
      else storage?.setItem(this.#prefix + key, value);
    } catch {
      // Nothing to be done, and nothing lost but the memory of this device.
    }
  }
}
