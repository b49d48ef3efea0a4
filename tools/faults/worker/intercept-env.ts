/** Puts something between the Worker and what it calls: to count the calls, or to make them fail. */
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import type { InboxObject } from "../../../durable-objects/inbox/inbox-object.ts";
import type { Env } from "../../../worker/env.ts";

export type Dependency = "d1" | "r2" | "inbox";
/** Carries a call out, or not. */
export type Intercept = <T>(dependency: Dependency, call: () => Promise<T>) => Promise<T>;

const known = new WeakMap<Env, Env>();

/** The same bindings with `intercept` around every call that leaves; one result for each environment. */
export function interceptEnv(env: Env, intercept: Intercept): Env {
  const before = known.get(env);
  if (before !== undefined) return before;
  const made: Env = {
    ...env,
    DB: interceptDatabase(env.DB, intercept),
    MAIL: interceptBucket(env.MAIL, intercept),
    INBOX: interceptInbox(env.INBOX, intercept),
  };
  known.set(env, made);
  return made;
}

function passOn<T extends object>(target: T, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === "function" ? (...args: unknown[]) => Reflect.apply(value, target, args) : value;
}

function interceptDatabase(db: D1Database, intercept: Intercept): D1Database {
  return new Proxy(db, {
    get(target, name) {
      if (name === "prepare") return (query: string) => interceptStatement(target.prepare(query), intercept);
      if (name === "batch") return (list: D1PreparedStatement[]) => intercept("d1", () => target.batch(list));
      return passOn(target, name);
    },
  });
}

/** Changed in place, because a batch takes nothing but real statements. */
function interceptStatement(statement: D1PreparedStatement, intercept: Intercept): D1PreparedStatement {
  const bind = statement.bind.bind(statement);
  const run = statement.run.bind(statement);
  const all = statement.all.bind(statement);
  const raw = statement.raw.bind(statement);
  const first = statement.first.bind(statement);
  return Object.assign(statement, {
    bind: (...values: unknown[]) => interceptStatement(bind(...values), intercept),
    run: () => intercept("d1", () => run()),
    all: () => intercept("d1", () => all()),
    raw: () => intercept("d1", () => raw()),
    first: () => intercept("d1", () => first()),
  });
}

function interceptBucket(bucket: R2Bucket, intercept: Intercept): R2Bucket {
  return new Proxy(bucket, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => intercept("r2", async () => Reflect.apply(value, target, args));
    },
  });
}

function interceptInbox(
  namespace: DurableObjectNamespace<InboxObject>,
  intercept: Intercept,
): DurableObjectNamespace<InboxObject> {
  return new Proxy(namespace, {
    get(target, name) {
      if (name === "get") return (id: DurableObjectId) => interceptStub(target.get(id), intercept);
      return passOn(target, name);
    },
  });
}

function interceptStub(stub: DurableObjectStub<InboxObject>, intercept: Intercept): DurableObjectStub<InboxObject> {
  return new Proxy(stub, {
    get(target, name) {
      if (name === "publish") return (item: Conversation) => intercept("inbox", async () => target.publish(item));
      if (name === "publishPresence")
        return (id: string, isOnline: boolean) => intercept("inbox", async () => target.publishPresence(id, isOnline));
      return passOn(target, name);
    },
  });
}
