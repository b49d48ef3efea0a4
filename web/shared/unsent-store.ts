/**
 * Keeps messages that no server has acknowledged, so that they outlive a reload. One entry per message, so that two tabs
 * never overwrite each other's; a message that two tabs send has one clientId and is stored once (A2).
 */
import type { Attachment, Channel, RejectionReason } from "../../durable-objects/conversation/protocol.ts";
import { ATTACHMENTS_PER_MESSAGE_MAX, TEXT_LENGTH_MAX } from "./protocol-constants.ts";

/** A message on its way: shown by its sender at once, removed by its acknowledgement. */
export interface UnsentMessage {
  readonly clientId: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** Agents only. */
  readonly channel?: Channel;
  readonly subject?: string;
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

/** The part of `Storage` that is used; `null` where the browser forbids storage. */
export type KeyValueStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isAttachment = (value: unknown): value is Attachment =>
  isRecord(value) &&
  typeof value["id"] === "string" &&
  typeof value["name"] === "string" &&
  typeof value["type"] === "string" &&
  typeof value["size"] === "number";

const isOptional = (value: unknown, type: "string" | "number"): boolean => value === undefined || typeof value === type;

/** What lies in storage came from outside: another version of this code, or another script of the same site. */
function isUnsentMessage(value: unknown): value is UnsentMessage {
  return (
    isRecord(value) &&
    typeof value["clientId"] === "string" &&
    typeof value["text"] === "string" &&
    value["text"].length <= TEXT_LENGTH_MAX &&
    Array.isArray(value["attachments"]) &&
    value["attachments"].length <= ATTACHMENTS_PER_MESSAGE_MAX &&
    value["attachments"].every(isAttachment) &&
    (value["channel"] === undefined ||
      value["channel"] === "chat" ||
      value["channel"] === "email" ||
      value["channel"] === "note") &&
    isOptional(value["subject"], "string") &&
    isOptional(value["ifLastSeq"], "number") &&
    typeof value["createdAt"] === "number" &&
    (value["failure"] === undefined || (isRecord(value["failure"]) && typeof value["failure"]["reason"] === "string"))
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
export function makeUnsentStore(storage: KeyValueStorage | null, prefix: string): UnsentStore {
  const keys = (): string[] => {
    const found: string[] = [];
    attempt(() => {
      const count = storage?.length ?? 0;
      for (let index = 0; index < count; index += 1) {
        const key = storage?.key(index);
        if (key?.startsWith(`${prefix}.`)) found.push(key);
      }
    });
    return found;
  };
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
export function browserStorage(): Storage | null {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}
