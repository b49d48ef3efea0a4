/** What a conversation refuses, as a problem of the HTTP surface. */
import type { RejectionReason } from "../../durable-objects/conversation/protocol.ts";
import type { ProblemCode } from "./problems.ts";

/** @param detail what exactly is wrong, where the conversation has said so */
export function problemOf(reason: RejectionReason, detail?: string): [ProblemCode, string] {
  switch (reason) {
    case "bad_copies":
      return ["bad_copies", detail ?? "Cc or Bcc cannot be used like this."];
    case "newer_reply":
      return ["newer_reply", "Another agent has replied since you opened this conversation."];
    case "address_changed":
      return ["address_changed", "Replies go to another address now. Look at it, and send again."];
    case "no_address":
      return ["no_address", "This person has given no email address. Add one, or answer by chat."];
    case "unknown_attachment":
      return ["unknown_attachment", "A file is unknown, was uploaded by somebody else or belongs to another conversation."];
    case "empty":
      return ["empty", "Write something or attach a file."];
    case "too_late":
      return ["too_late", "It has been sent already."];
    case "try_again":
      return ["unavailable", "This cannot be done now. Nothing was changed; try again."];
    case "not_allowed":
      return ["conflict", "This cannot be done to this message."];
    default:
      return ["conflict", reason];
  }
}
