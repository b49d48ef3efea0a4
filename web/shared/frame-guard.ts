/**
 * A small guard for frames from our own server. The full schemas would cost more than the rest of the widget; what is
 * checked is what the client's own logic relies on: a known `type`, and messages that carry a `seq`.
 */
import type { Message, ServerFrame } from "../../durable-objects/conversation/protocol.ts";
import type { InboxServerFrame } from "../../durable-objects/inbox/protocol.ts";

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

const isMessage = (value: unknown): value is Message =>
  isObject(value) &&
  Number.isSafeInteger(value["seq"]) &&
  typeof value["text"] === "string" &&
  isObject(value["author"]) &&
  Array.isArray(value["attachments"]);

const isPage = (frame: Fields): boolean =>
  Array.isArray(frame["messages"]) && frame["messages"].every(isMessage) && typeof frame["more"] === "boolean";

function isServerFrame(frame: unknown): frame is ServerFrame {
  if (!isObject(frame)) return false;
  switch (frame["type"]) {
    case "welcome":
      return isPage(frame) && isObject(frame["conversation"]) && isObject(frame["presence"]);
    case "messages":
      return isPage(frame);
    case "message":
      return isMessage(frame["message"]);
    case "rejected":
      return typeof frame["reason"] === "string";
    case "conversation":
      return isObject(frame["conversation"]);
    case "presence":
      return Array.isArray(frame["agents"]);
    case "typing":
      return isObject(frame["author"]);
    case "delivery":
      return isObject(frame["delivery"]) && typeof frame["seq"] === "number";
    case "event":
      return isObject(frame["event"]);
    default:
      return false;
  }
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
