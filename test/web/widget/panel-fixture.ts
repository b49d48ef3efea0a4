/** A panel in a page of its own, with a server that is nothing but a list of what it was asked. */
import type { Message, ServerFrame } from "../../../durable-objects/conversation/protocol.ts";
import { mount } from "../../../web/widget/panel.ts";
import type { Panel, WidgetEvent } from "../../../web/widget/panel-contract.ts";

export const ORIGIN = "https://hilo.example";
export const PREFIX = "hilo:hilo.example:";

interface Answer {
  readonly status: number;
  readonly retryAfter?: string;
  readonly body: unknown;
}
export interface Asked {
  readonly path: string;
  readonly body: unknown;
  readonly authorization: string | undefined;
}

export const asked: Asked[] = [];
let answer: (call: Asked) => Answer | Promise<Answer> = () => ({ status: 500, body: null });
export const answerWith = (next: (call: Asked) => Answer | Promise<Answer>): void => {
  answer = next;
};

class FakeRequest extends EventTarget {
  status = 0;
  responseText = "";
  timeout = 0;
  readonly upload = new EventTarget();
  #retryAfter: string | null = null;
  #path = "";
  readonly #headers = new Map<string, string>();

  open(_method: string, url: string): void {
    this.#path = url.replace(ORIGIN, "");
  }
  setRequestHeader(name: string, value: string): void {
    this.#headers.set(name, value);
  }
  getResponseHeader(name: string): string | null {
    return name === "Retry-After" ? this.#retryAfter : null;
  }
  abort(): void {
    this.dispatchEvent(new Event("loadend"));
  }
  send(body: unknown): void {
    const parsed: unknown = typeof body === "string" ? JSON.parse(body) : body;
    const call = { path: this.#path, body: parsed, authorization: this.#headers.get("Authorization") };
    asked.push(call);
    void Promise.resolve(answer(call)).then(({ status, body: text, retryAfter }) => {
      this.status = status;
      this.#retryAfter = retryAfter ?? null;
      this.responseText = JSON.stringify(text);
      this.dispatchEvent(new Event("loadend"));
    });
  }
}

export class FakeSocket extends EventTarget {
  static readonly all: FakeSocket[] = [];
  readonly sent: unknown[] = [];
  readonly protocols: readonly string[];

  constructor(_url: string, protocols: readonly string[]) {
    super();
    this.protocols = protocols;
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(text === "ping" ? text : JSON.parse(text));
  }
  close(): void {}
  open(): void {
    this.dispatchEvent(new Event("open"));
  }
  drop(code: number): void {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
  receive(frame: ServerFrame): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(frame) }));
  }
}

export const message = (seq: number, change: Partial<Message> = {}): Message => ({
  seq,
  id: `m${seq}`,
  at: 1_700_000_000_000 + seq,
  author: { kind: "agent", id: "a", name: "Ana" },
  channel: "chat",
  text: `text ${seq}`,
  attachments: [],
  ...change,
});

export const welcome = (messages: readonly Message[], change: { hasEmail?: boolean; goesOnAt?: string } = {}): ServerFrame => ({
  type: "welcome",
  conversation: { id: "c", status: "open", hasEmail: false, readSeq: 0, visitorSeenSeq: 0, assignee: null, ...change },
  presence: { isVisitorOnline: true, agents: [] },
  messages: [...messages],
  more: false,
});

export interface Fixture {
  readonly panel: Panel;
  readonly root: ShadowRoot;
  readonly launcher: HTMLButtonElement;
  readonly events: { readonly event: WidgetEvent; readonly detail: unknown }[];
  readonly unread: () => number;
  readonly find: (selector: string) => HTMLElement;
  readonly write: (text: string) => void;
}

const mounted: Panel[] = [];

/** Ends the timers and sockets of a test's panels, which would otherwise speak into the next test. */
export function removePanels(): void {
  for (const panel of mounted.splice(0)) panel.reset();
}

export function installFakes(stub: (name: string, value: unknown) => void): void {
  asked.length = 0;
  FakeSocket.all.length = 0;
  localStorage.clear();
  sessionStorage.clear();
  document.body.replaceChildren();
  stub("XMLHttpRequest", FakeRequest);
  stub("WebSocket", FakeSocket);
}

export function mountPanel(options: { config?: unknown; locale?: "en" | "es" } = {}): Fixture {
  const element = document.createElement("hilo-widget");
  const root = element.attachShadow({ mode: "open" });
  const launcher = document.createElement("button");
  launcher.setAttribute("aria-label", "Open chat");
  root.append(launcher);
  document.body.append(element);
  let unread = 0;
  const events: Fixture["events"] = [];
  const panel = mount({
    origin: ORIGIN,
    root,
    launcher,
    locale: options.locale ?? "en",
    config: Promise.resolve(options.config ?? null),
    isColourFree: true,
    contact: null,
    setColour: () => {},
    setUnread: (count) => (unread = count),
    emit: (event, detail) => events.push({ event, detail }),
  });
  mounted.push(panel);
  const find = (selector: string): HTMLElement => {
    const found = root.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`There is no ${selector}`);
    return found;
  };
  const write = (text: string): void => {
    const field = root.querySelector("textarea");
    if (!field) throw new Error("There is no field");
    field.value = text;
    field.dispatchEvent(new Event("input"));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", cancelable: true }));
  };
  return { panel, root, launcher, events, unread: () => unread, find, write };
}

/** Lets promises, chunks and microtasks settle. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

/** The newest. */
export function socket(): FakeSocket {
  const last = FakeSocket.all.at(-1);
  if (!last) throw new Error("There is no socket");
  return last;
}
