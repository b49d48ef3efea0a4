/** A person's message by HTTP, with what has to be asked of others before it is decided. */
import type { PersonMessage, SendAnswer } from "./calls.ts";
import { decideSend } from "./core.ts";
import { openedState } from "./intake.ts";
import { claimFiles, findOwn, type ReceiveParts } from "./receive-frame.ts";
import { tokenOf } from "./sessions.ts";

/** The same rules as by socket; one that is refused begins nothing. */
export async function receiveMessage({ ports, runner }: ReceiveParts, request: PersonMessage): Promise<SendAnswer> {
  const { attachmentIds, uploadedBy, open, ...rest } = request;
  const conversationId = runner.state?.id ?? open?.id;
  if (conversationId === undefined) return { kind: "unknown" };
  const attachments = await claimFiles(ports, { ids: attachmentIds, conversationId, uploadedBy });
  const own = await findOwn(ports, rest);
  const state = runner.state ?? (open === undefined ? null : openedState(open, Date.now()));
  if (state === null) return { kind: "unknown" };
  const outcome = decideSend(runner.turn(state), { ...rest, attachments, own });
  if (outcome.kind === "rejected") return outcome;
  if (outcome.kind === "stored") runner.apply(outcome.effects);
  return { kind: outcome.kind, message: outcome.message, session: tokenOf(runner.state ?? state) };
}
