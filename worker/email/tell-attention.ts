/** Tells the agents' menus that more, or fewer, mails wait for a person. */
import { withTimeout } from "../../durable-objects/conversation/with-timeout.ts";
import { describeError } from "../domain/error-text.ts";
import type { Env } from "../env.ts";
import { inboxStubs } from "../objects.ts";

/** Never throws: a menu that was not told counts again when it is next connected. */
export async function tellAttention(env: Env): Promise<void> {
  try {
    await withTimeout(Promise.all(inboxStubs(env).map((stub) => stub.publishLedger())));
  } catch (error) {
    console.error(JSON.stringify({ level: "error", event: "attention_not_told", ...describeError(error) }));
  }
}

/** Mails in these states wait for a person. */
export function isWaiting(state: string): boolean {
  return state === "quarantined" || state === "failed";
}
