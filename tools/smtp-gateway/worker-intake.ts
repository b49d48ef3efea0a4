/** The Worker's side of inbound mail: which addresses are mailboxes, and handing over a raw mail. */
import { openAsBlob } from "node:fs";
import * as v from "valibot";

const RECIPIENT_TIMEOUT_MS = 10_000;
/** The Worker stores the mail before it answers. */
const DELIVERY_TIMEOUT_MS = 120_000;

export interface WorkerIntakeOptions {
  /** The Worker's own address, such as `http://127.0.0.1:8787`. */
  workerUrl: string;
  /** INBOUND_MAIL_SECRET. */
  secret: string;
  onTrouble: (text: string) => void;
}

export type RecipientAnswer = "known" | "unknown" | "unavailable";
export type DeliveryAnswer =
  | { kind: "stored"; ledgerId: string }
  | { kind: "unknown-recipient" }
  | { kind: "too-large" }
  | { kind: "empty" }
  | { kind: "unavailable" };

const storedSchema = v.object({ ledgerId: v.string() });

export class WorkerIntake {
  readonly #options: WorkerIntakeOptions;

  constructor(options: WorkerIntakeOptions) {
    this.#options = options;
  }

  async findRecipient(address: string): Promise<RecipientAnswer> {
    const url = this.#url("/email/recipients", { to: address });
    const response = await this.#request(url, { signal: AbortSignal.timeout(RECIPIENT_TIMEOUT_MS) });
    await response?.body?.cancel();
    if (response?.ok === true) return "known";
    return response?.status === 404 ? "unknown" : "unavailable";
  }

  /** @param file holds the raw mail; @param envelope `from` is empty for bounces */
  async deliver(file: string, envelope: { from: string; to: string }): Promise<DeliveryAnswer> {
    const response = await this.#request(this.#url("/email/inbound", envelope), {
      method: "POST",
      // A file, so that its length is known: the Worker's storage needs it.
      body: await openAsBlob(file, { type: "message/rfc822" }),
      signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
    });
    const body: unknown = await response?.json().catch(() => null);
    if (response?.status === 404) return { kind: "unknown-recipient" };
    if (response?.status === 413) return { kind: "too-large" };
    if (response?.status === 422) return { kind: "empty" };
    const stored = v.safeParse(storedSchema, body);
    if (response?.status === 202 && stored.success) return { kind: "stored", ledgerId: stored.output.ledgerId };
    return { kind: "unavailable" };
  }

  #url(path: string, query: Record<string, string>): URL {
    const url = new URL(path, this.#options.workerUrl);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  /** null where the Worker could not be reached; the sending server will try again. */
  async #request(url: URL, init: RequestInit): Promise<Response | null> {
    const headers = { authorization: `Bearer ${this.#options.secret}` };
    try {
      const response = await fetch(url, { ...init, headers, redirect: "error" });
      if (response.status === 401) this.#options.onTrouble("The Worker refuses this gateway's INBOUND_MAIL_SECRET.");
      else if (response.status >= 500) this.#options.onTrouble(`The Worker answered ${response.status} for ${url.pathname}.`);
      return response;
    } catch (error) {
      // Paths, never queries: those hold addresses.
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.onTrouble(`The Worker did not answer ${url.pathname}: ${reason}.`);
      return null;
    }
  }
}
