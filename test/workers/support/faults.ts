/** Bindings that fail when they are told to: what a crash or an outage leaves behind. */
import "./bindings.ts";
import { env } from "cloudflare:workers";

type Method = (...args: unknown[]) => unknown;

/** The binding with some methods replaced; everything else reaches the real one. */
function replacing<T extends object>(binding: T, replace: (name: string, real: Method) => Method | null): T {
  return new Proxy(binding, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function" || typeof name !== "string") return value;
      const real: Method = (...args) => Reflect.apply(value, target, args);
      return replace(name, real) ?? real;
    },
  });
}

const away = async (): Promise<never> => Promise.reject(new Error("D1_ERROR: Network connection lost."));

/**
 * D1 that answers this many queries and then no more. A query fails when it is run, with its parameters bound, as the
 * real one does.
 *
 * @param onQuery called for every query
 */
export function databaseAway(after = 0, onQuery: () => void = () => undefined): D1Database {
  let queries = 0;
  const lost = new WeakSet<object>();
  const lostStatement = (real: object): object => {
    const statement: object = replacing(real, (name) => {
      if (name === "bind") return (...args) => lostStatement(Object(Reflect.apply(Reflect.get(real, "bind"), real, args)));
      return away;
    });
    lost.add(statement);
    return statement;
  };
  return replacing(env.DB, (name, real) => {
    if (name === "prepare")
      return (...args) => {
        queries += 1;
        onQuery();
        const statement = Object(real(...args));
        return queries > after ? lostStatement(statement) : statement;
      };
    if (name !== "batch") return null;
    return (statements) => {
      const isLost = Array.isArray(statements) && statements.some((statement) => lost.has(Object(statement)));
      return isLost ? away() : real(statements);
    };
  });
}

export function storeAway(failing: "put" | "get" | "createMultipartUpload"): R2Bucket {
  return replacing(env.MAIL, (name) => (name === failing ? away : null));
}
