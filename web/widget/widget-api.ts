/**
 * The widget's calls to its Hilo. Never with cookies (T6), never with the token in a URL (T5). XMLHttpRequest, because
 * `fetch` tells nothing of an upload's progress, and one way of calling is enough.
 */
import type { Attachment } from "../../durable-objects/conversation/protocol.ts";
import type { SignedUrl } from "../../worker/domain/api-shapes.ts";
import type { WidgetConversationCreated } from "../../worker/domain/widget-shapes.ts";
import type { VisitorContact } from "./panel-contract.ts";
import { isRecord } from "../shared/record.ts";

/** A call without an answer for this long has failed; an upload may take longer. */
const CALL_TIMEOUT_MS = 20_000;
const UPLOAD_TIMEOUT_MS = 10 * 60_000;

/**
 * `again`: the network or the server is in trouble, the same call may succeed later. `limited`: it was a lot at once, and
 * may succeed after that time.
 */
export type CallResult<T = unknown> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "again" }
  | { readonly kind: "limited"; readonly waitMs: number }
  | { readonly kind: "refused"; readonly status: number; readonly problem: unknown };

export interface Upload {
  readonly result: Promise<CallResult<Attachment>>;
  cancel(): void;
}

interface ConversationStart {
  readonly clientId: string;
  readonly text: string;
  readonly page: string;
  readonly locale: string;
  readonly contact?: VisitorContact;
}

interface Call<T> {
  readonly path: string;
  readonly token: string | null;
  readonly body: File | object;
  readonly isAnswer: (value: unknown) => value is T;
  readonly onProgress?: (share: number) => void;
}

const isCreated = (value: unknown): value is WidgetConversationCreated =>
  isRecord(value) &&
  typeof value["token"] === "string" &&
  isRecord(value["message"]) &&
  Array.isArray(value["message"]["attachments"]);

const isAttachment = (value: unknown): value is Attachment =>
  isRecord(value) && typeof value["id"] === "string" && typeof value["name"] === "string" && typeof value["type"] === "string";

const isCodeAsked = (value: unknown): value is { digits: number } => isRecord(value) && typeof value["digits"] === "number";

const isToken = (value: unknown): value is { token: string } => isRecord(value) && typeof value["token"] === "string";

const isSignedUrl = (value: unknown): value is SignedUrl => isRecord(value) && typeof value["url"] === "string";

function parseAnswer<T>(request: XMLHttpRequest, isAnswer: (value: unknown) => value is T): CallResult<T> {
  const { status, responseText } = request;
  // 0: no answer at all.
  if (status === 0 || status >= 500 || status === 408) return { kind: "again" };
  if (status === 429) return { kind: "limited", waitMs: (Number(request.getResponseHeader("Retry-After")) || 60) * 1_000 };
  const value = parseJson(responseText);
  if (status >= 300) return { kind: "refused", status, problem: value };
  // Else something between here and Hilo has answered.
  return isAnswer(value) ? { kind: "done", value } : { kind: "again" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text || "null");
  } catch {
    return undefined;
  }
}

export class WidgetApi {
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  get socketUrl(): string {
    return `${this.#origin.replace(/^http/, "ws")}/widget/socket`;
  }

  createConversation(body: ConversationStart): Promise<CallResult<WidgetConversationCreated>> {
    return this.#call({ path: "conversations", body, token: null, isAnswer: isCreated }).result;
  }

  saveContact(token: string, body: VisitorContact): Promise<CallResult> {
    return this.#call({ path: "contact", body, token, isAnswer: (value): value is unknown => value !== undefined }).result;
  }

  /** The answer is the same whether a mail leaves. */
  askForCode(token: string): Promise<CallResult<{ digits: number }>> {
    return this.#call({ path: "codes", body: {}, token, isAnswer: isCodeAsked }).result;
  }

  confirm(token: string, body: { readonly code: string } | { readonly secret: string }): Promise<CallResult<{ token: string }>> {
    return this.#call({ path: "confirm", body, token, isAnswer: isToken }).result;
  }

  endSession(token: string): Promise<CallResult> {
    return this.#call({ path: "session/end", body: {}, token, isAnswer: (value): value is unknown => value !== undefined })
      .result;
  }

  async attachmentUrl(token: string | null, id: string): Promise<string | null> {
    const path = `attachments/${encodeURIComponent(id)}/url`;
    const result = await this.#call({ path, body: {}, token, isAnswer: isSignedUrl }).result;
    if (result.kind !== "done" || !URL.canParse(result.value.url, this.#origin)) return null;
    const url = new URL(result.value.url, this.#origin);
    return /^https?:$/.test(url.protocol) ? url.href : null;
  }

  upload(token: string, file: File, onProgress: (share: number) => void): Upload {
    const { request, result } = this.#call({ path: "attachments", body: file, token, isAnswer: isAttachment, onProgress });
    return { result, cancel: () => request.abort() };
  }

  #call<T>({ path, token, body, isAnswer, onProgress }: Call<T>): { request: XMLHttpRequest; result: Promise<CallResult<T>> } {
    const request = new XMLHttpRequest();
    const isFile = body instanceof File;
    request.open("POST", `${this.#origin}/widget/${path}`);
    request.timeout = isFile ? UPLOAD_TIMEOUT_MS : CALL_TIMEOUT_MS;
    if (token !== null) request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", isFile ? body.type || "application/octet-stream" : "application/json");
    if (isFile) request.setRequestHeader("X-Filename", encodeURIComponent(body.name.toWellFormed()));
    const result = new Promise<CallResult<T>>((resolve) => {
      if (onProgress) request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded / (total || 1)));
      request.addEventListener("loadend", () => resolve(parseAnswer(request, isAnswer)));
    });
    request.send(isFile ? body : JSON.stringify(body));
    return { request, result };
  }
}
