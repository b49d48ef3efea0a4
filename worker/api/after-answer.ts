/** What an answer does not wait for, or must not fail for. */
import { describeError } from "../domain/error-text.ts";
import { inboxStubFor } from "../objects.ts";
import type { AppContext } from "./context.ts";

/** @param event names the work in the log, should it fail */
export function afterAnswer(c: AppContext, event: string, work: Promise<unknown>): void {
  const logged = work.catch((error: unknown) =>
    console.error(JSON.stringify({ level: "error", event: `${event}_failed`, ...describeError(error) })),
  );
  c.executionCtx.waitUntil(logged);
}

/**
 * The list's sockets of an agent end at once; a conversation that is open notices at its next look.
 * @param which credentials, `session:<id>` or `key:<id>`; without it all
 */
export async function endListSockets(
  c: AppContext,
  agentId: string,
  which: { only?: string; except?: string } = {},
): Promise<void> {
  await inboxStubFor(c.env, agentId)
    .disconnect(agentId, which)
    .catch(() => undefined);
}
