/**
 * Keeps messages that no server has acknowledged, so that they outlive a reload. One entry per message, so that two tabs
 * never overwrite each other's; a message that two tabs send has one clientId and is stored once (A2).
 */
import type { Attachment, Channel, RejectionReason } from "../../durable-objects/conversation/protocol.ts";
import { isRecord } from "./record.ts";

/** A message on its way: shown by its sender at once, removed by its acknowledgement. */
export interface UnsentMessage {
  readonly clientId: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** Agents only. */
  readonly channel?: Channel;
  readonly subject?: string;
  /** Of an email: who else it goes to. */
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  /** The address that its agent saw. */
  readonly to?: readonly string[];
  /** Send guard: refuse where another agent's reply is newer than this. */
  readonly ifLastSeq?: number;
  /** Epoch ms, by this device's clock: for display only. */
  readonly createdAt: number;
  /** The server will not have it: kept and shown until it is sent again or thrown away by hand. */
  readonly failure?: { readonly reason: RejectionReason; readonly detail?: string };
}

export interface UnsentStore {
  /** Oldest first. */
  load(): readonly UnsentMessage[];
  put(message: UnsentMessage): void;
  remove(clientId: string): void;
  clear(): void;
}

/**
 * What lies in storage came from outside: another version of this code, or another script of the same site. Checked is
 * what this code relies on; the server checks the rest.
 */
function isUnsentMessage(value: unknown): value is UnsentMessage {
  return (
    isRecord(value) &&
    typeof value["clientId"] === "string" &&
    typeof value["text"] === "string" &&
    Array.isArray(value["attachments"]) &&
    value["attachments"].every(isRecord) &&
    typeof value["createdAt"] === "number"
  );
}

function parseUnsent(json: string | null): UnsentMessage | null {
  if (json === null) return null;
  try {
    const value: unknown = JSON.parse(json);
    return isUnsentMessage(value) ? value : null;
  } catch {
    return null;
  }
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Quota, or storage was forbidden after the page was loaded.
  }
}

/** Keys are `PREFIX.CLIENTID`; a full or forbidden storage costs the survival of a reload, never the message itself. */
export function makeUnsentStore(storage: Storage | null, prefix: string): UnsentStore {
  const keys = (): string[] => Object.keys(storage ?? {}).filter((key) => key.startsWith(`${prefix}.`));
  return {
    load: () =>
      keys()
        .map((key) => parseUnsent(storage?.getItem(key) ?? null))
        .filter((message) => message !== null)
        // UUIDv7s sort by the time of their making.
        .sort((a, b) => (a.clientId < b.clientId ? -1 : 1)),
    put: (message) => attempt(() => storage?.setItem(`${prefix}.${message.clientId}`, JSON.stringify(message))),
    remove: (clientId) => attempt(() => storage?.removeItem(`${prefix}.${clientId}`)),
    clear: () => {
      for (const key of keys()) attempt(() => storage?.removeItem(key));
    },
  };
}

/** The browser's storage, or `null` where reading the property alone already throws. */
export function browserStorage(kind: "localStorage" | "sessionStorage" = "localStorage"): Storage | null {
  try {
    return globalThis[kind];
  } catch {
    return null;
  }
}
