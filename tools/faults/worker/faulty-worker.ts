/**
 * The product's own Worker whose surroundings can be made to fail: D1, R2 and the Inbox object refuse, hang, or do their
 * work and lose the answer; conversation objects die between two frames. `POST /faults` says how often.
 */
import * as v from "valibot";
import { handleCron } from "../../../worker/cron.ts";
import type { Env } from "../../../worker/env.ts";
import product, { Conversation as ProductConversation, Inbox as ProductInbox } from "../../../worker/index.ts";
import { interceptEnv, type Dependency } from "./intercept-env.ts";

const probability = v.optional(v.number(), 0);
const troubleSchema = v.object({ d1: probability, r2: probability, inbox: probability, abort: probability });

/** Probabilities of failure; memory alone, so that a restart heals. */
let trouble = v.parse(troubleSchema, {});

/** Ms for which a hanging call hangs: longer than anybody waits. */
const HANG_MS = 45_000;
const HANGS = 0.1;
const LOST_ANSWERS = 0.4;

async function failSometimes<T>(dependency: Dependency, call: () => Promise<T>): Promise<T> {
  if (Math.random() >= trouble[dependency]) return call();
  const kind = Math.random();
  if (kind < HANGS) await scheduler.wait(HANG_MS);
  else if (kind < HANGS + LOST_ANSWERS) await call();
  throw new Error(`${dependency}: a fault of the suite`);
}

const faulty = (env: Env): Env => interceptEnv(env, failSometimes);

export class Conversation extends ProductConversation {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, faulty(env));
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    await super.webSocketMessage(socket, data);
    if (Math.random() < trouble.abort) this.ctx.abort("a fault of the suite");
  }
}

export class Inbox extends ProductInbox {}

export { Totals } from "../../../worker/index.ts";

/** Epoch ms of the first request: whatever was begun before that has ended with another process. */
let startedAt: number | null = null;

async function handleFaults(request: Request, env: Env): Promise<Response> {
  trouble = v.parse(troubleSchema, await request.json());
  // Nobody waits a minute for a mail's second try: it is due now, and one that was killed is known to have ended.
  if (new URL(request.url).searchParams.has("hurry")) {
    await env.DB.batch([
      env.DB.prepare("UPDATE ledger SET retry_at = 0 WHERE retry_at IS NOT NULL"),
      env.DB.prepare("UPDATE ledger SET try_at = 1 WHERE retry_at IS NOT NULL AND try_at < ?").bind(startedAt ?? 0),
      env.DB.prepare("DELETE FROM mail_alone WHERE begun_at < ?").bind(startedAt ?? 0),
    ]);
    await handleCron(env);
  }
  return new Response(null, { status: 204 });
}

export default {
  fetch: (request, env, ctx) => {
    startedAt ??= Date.now();
    return new URL(request.url).pathname === "/faults" ? handleFaults(request, env) : product.fetch(request, faulty(env), ctx);
  },
  email: (message, env) => product.email(message, faulty(env)),
  scheduled: (event, env) => product.scheduled(event, faulty(env)),
} satisfies ExportedHandler<Env>;
