/** The product's own Worker, counting what the platform bills; and the bare storage calls that a mail needs, for comparison. */
import * as v from "valibot";
import { interceptEnv, type Dependency } from "../../../tools/faults/worker/intercept-env.ts";
import type { Env } from "../../../worker/env.ts";
import product, {
  Conversation as ProductConversation,
  Inbox as ProductInbox,
  Totals as ProductTotals,
} from "../../../worker/index.ts";
import { makeBareMail } from "./bare-mail.ts";
import { seedConversations } from "./seed.ts";

export { BareLog } from "./bare-mail.ts";

const NOTHING = {
  objectRows: 0,
  alarmsSet: 0,
  objectRequests: 0,
  d1Calls: 0,
  d1Writes: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
  r2Calls: 0,
};
let counts = { ...NOTHING };

const metaSchema = v.object({ meta: v.object({ rows_read: v.number(), rows_written: v.number() }) });

function countRows(result: unknown): void {
  let isWrite = false;
  for (const one of Array.isArray(result) ? result : [result]) {
    const parsed = v.safeParse(metaSchema, one);
    if (!parsed.success) continue;
    counts.d1RowsRead += parsed.output.meta.rows_read;
    counts.d1RowsWritten += parsed.output.meta.rows_written;
    isWrite ||= parsed.output.meta.rows_written > 0;
  }
  if (isWrite) counts.d1Writes += 1;
}

async function count<T>(dependency: Dependency, call: () => Promise<T>): Promise<T> {
  if (dependency === "inbox") counts.objectRequests += 1;
  if (dependency === "r2") counts.r2Calls += 1;
  if (dependency === "d1") counts.d1Calls += 1;
  const result = await call();
  if (dependency === "d1") countRows(result);
  return result;
}

/** Rows are known only by the cursor of each statement; an alarm that is set is a row as well. */
function countStorage(storage: DurableObjectStorage): void {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  const setAlarm = storage.setAlarm.bind(storage);
  Object.assign(sql, {
    exec: (query: string, ...bindings: unknown[]) => {
      const cursor = exec(query, ...bindings);
      counts.objectRows += cursor.rowsWritten;
      return cursor;
    },
  });
  Object.assign(storage, {
    setAlarm: (at: number) => {
      counts.alarmsSet += 1;
      return setAlarm(at);
    },
  });
}

export class Conversation extends ProductConversation {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx.storage);
    super(ctx, interceptEnv(env, count));
  }

  override fetch(request: Request): Promise<Response> {
    counts.objectRequests += 1;
    return super.fetch(request);
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    counts.objectRequests += 1;
    return super.webSocketMessage(socket, data);
  }

  override alarm(): Promise<void> {
    counts.objectRequests += 1;
    return super.alarm();
  }
}

export class Inbox extends ProductInbox {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx.storage);
    super(ctx, env);
  }
}

export class Totals extends ProductTotals {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx.storage);
    super(ctx, env);
  }
}

interface BenchEnv extends Env {
  BARE: Parameters<typeof makeBareMail>[0]["BARE"];
}

async function handle(
  request: Request<unknown, IncomingRequestCfProperties>,
  env: BenchEnv,
  ctx: ExecutionContext,
): Promise<Response> {
  const url = new URL(request.url);
  switch (url.pathname) {
    case "/bench/counts": {
      const answer = Response.json(counts);
      if (request.method === "DELETE") counts = { ...NOTHING };
      return answer;
    }
    case "/bench/seed":
      await seedConversations(env.DB, Number(url.searchParams.get("to")));
      return new Response(null, { status: 204 });
    case "/bench/bare-mail":
      await makeBareMail(env, new Uint8Array(await request.arrayBuffer()), {
        reads: Number(url.searchParams.get("reads")),
        writes: Number(url.searchParams.get("writes")),
      });
      return new Response(null, { status: 202 });
    default:
      return product.fetch(request, interceptEnv(env, count), ctx);
  }
}

export default {
  fetch: handle,
  email: (message, env) => product.email(message, env),
  scheduled: (event, env) => product.scheduled(event, env),
} satisfies ExportedHandler<BenchEnv>;
