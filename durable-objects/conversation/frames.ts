/** Text from a socket → a client frame, or why not. Pure. */
import * as v from "valibot";
import { FRAME_LENGTH_MAX, TEXT_LENGTH_MAX, clientFrameSchema, uuidSchema, type ClientFrame } from "./protocol.ts";

export type ParsedFrame =
  | { isOk: true; frame: ClientFrame }
  /** `tooLong` is a message whose sender can be told which it was. */
  | { isOk: false; detail: string; tooLong?: { clientId: string } };

const tooLongSchema = v.object({
  type: v.literal("send"),
  clientId: uuidSchema,
  text: v.pipe(v.string(), v.minLength(TEXT_LENGTH_MAX + 1)),
});

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
  const detail = `${v.getDotPath(issue) ?? "frame"}: ${issue.message}`;
  const tooLong = v.safeParse(tooLongSchema, json);
  return tooLong.success ? { isOk: false, detail, tooLong: { clientId: tooLong.output.clientId } } : { isOk: false, detail };
}
