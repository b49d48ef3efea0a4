/**
 * A small guard for frames from our own server. The full schemas would cost more than the rest of the widget; what is
 * checked is what the clients' own logic relies on: a known `type` with its main field, and messages that can be drawn.
 */
import type { Message, ServerFrame } from "../../durable-objects/conversation/protocol.ts";
import type { InboxServerFrame } from "../../durable-objects/inbox/protocol.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The field without which a frame of this type means nothing. */
const MAIN_FIELD: Readonly<Record<ServerFrame["type"], string>> = {
  welcome: "presence",
  messages: "messages",
  message: "message",
  rejected: "reason",
  conversation: "conversation",
  presence: "agents",
  typing: "author",
  delivery: "delivery",
  withdrawn: "seqs",
  event: "event",
  draft: "draft",
};

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

const isMessage = (value: unknown): value is Message =>
  isObject(value) &&
  typeof value["seq"] === "number" &&
  typeof value["at"] === "number" &&
  typeof value["text"] === "string" &&
  isObject(value["author"]) &&
  Array.isArray(value["attachments"]);

const hasOwn = <K extends string>(table: Readonly<Record<K, unknown>>, key: unknown): key is K =>
  typeof key === "string" && Object.hasOwn(table, key);

function isServerFrame(frame: unknown): frame is ServerFrame {
  if (!isObject(frame) || !hasOwn(MAIN_FIELD, frame["type"]) || !frame[MAIN_FIELD[frame["type"]]]) return false;
  const messages = frame["messages"] ?? (frame["type"] === "message" ? [frame["message"]] : []);
  return Array.isArray(messages) && messages.every(isMessage) && (frame["type"] !== "welcome" || isObject(frame["conversation"]));
}

const isRevision = (value: unknown): boolean =>
  isObject(value) && typeof value["epoch"] === "string" && typeof value["n"] === "number";

function isInboxServerFrame(frame: unknown): frame is InboxServerFrame {
  if (!isObject(frame)) return false;
  switch (frame["type"]) {
    case "welcome":
      return isRevision(frame["revision"]) && Array.isArray(frame["agents"]);
    case "changed":
      return isRevision(frame["revision"]) && isObject(frame["conversation"]) && typeof frame["conversation"]["id"] === "string";
    case "presence":
    case "ledger":
    case "notices":
    case "rejected":
      return true;
    default:
      return false;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A frame, or `null` for `pong` and for whatever a newer server may send that this client does not know. */
export function parseServerFrame(text: string): ServerFrame | null {
  const frame = parseJson(text);
  return isServerFrame(frame) ? frame : null;
}

export function parseInboxServerFrame(text: string): InboxServerFrame | null {
  const frame = parseJson(text);
  return isInboxServerFrame(frame) ? frame : null;
}
