/** Text from a socket → a client frame, or why not. Pure. */
import * as v from "valibot";
import { FRAME_LENGTH_MAX, clientFrameSchema, type ClientFrame } from "./protocol.ts";

export type ParsedFrame = { isOk: true; frame: ClientFrame } | { isOk: false; detail: string };

export function parseFrame(data: string | ArrayBuffer): ParsedFrame {
  if (typeof data !== "string") return { isOk: false, detail: "frames are text" };
  if (data.length > FRAME_LENGTH_MAX) return { isOk: false, detail: `frames have at most ${FRAME_LENGTH_MAX} characters` };
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return { isOk: false, detail: "frames are JSON" };
  }
  const parsed = v.safeParse(clientFrameSchema, json);
  if (parsed.success) return { isOk: true, frame: parsed.output };
  const issue = parsed.issues[0];
  return { isOk: false, detail: `${v.getDotPath(issue) ?? "frame"}: ${issue.message}` };
}
