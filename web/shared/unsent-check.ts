import type { RejectionReason } from "../../durable-objects/conversation/protocol.ts";
import { ATTACHMENTS_PER_MESSAGE_MAX, FRAME_LENGTH_MAX, TEXT_LENGTH_MAX } from "./protocol-constants.ts";

/** Why the server would refuse this message, known before it is asked; sending it would end the connection (4002). */
export function refuseUnsent(
  message: { readonly text: string; readonly attachments: readonly unknown[] },
  frameLength: number,
): RejectionReason | null {
  if (message.text.trim() === "" && message.attachments.length === 0) return "empty";
  if (message.text.length > TEXT_LENGTH_MAX || frameLength > FRAME_LENGTH_MAX) return "too_long";
  return message.attachments.length > ATTACHMENTS_PER_MESSAGE_MAX ? "bad_frame" : null;
}
