/** Bindings that fail when they are told to: what a crash or an outage leaves behind. */
import "./bindings.ts";
import { env } from "cloudflare:workers";
import type { Env } from "../../../worker/env.ts";

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

/** @param onGet is told of what it is asked for, and how */
export function storeAsked(onGet: (options: unknown) => void): R2Bucket {
  return replacing(env.MAIL, (name, real) =>
    name === "get"
      ? (...args) => {
          onGet(args[1]);
          return real(...args);
        }
      : null,
  );
}

/** Objects of one class that cannot be reached. */
export function objectsAway<N extends "CONVERSATION" | "INBOX" | "TOTALS">(name: N): Env[N] {
  const lost = replacing(Object(env[name].get(env[name].newUniqueId())), () => away);
  return replacing(env[name], (method) => (method === "get" ? () => lost : null));
}

/**
 * Bindings of a process that ends at a step: queries and calls of objects together are counted, and everything after that
 * many fails. The last one that is made may have been carried out although its answer never came.
 */
export function dyingAfter(
  steps: number,
  options: { isAnswerLost?: boolean; onStep?: () => void } = {},
): Pick<Env, "DB" | "CONVERSATION"> {
  const { isAnswerLost = false, onStep = () => undefined } = options;
  let taken = 0;
  const step = async (work: () => unknown): Promise<unknown> => {
    taken += 1;
    onStep();
    if (taken > steps) throw new Error("the process has ended");
    const answer = await work();
    if (isAnswerLost && taken === steps) throw new Error("the process has ended");
    return answer;
  };
  const statements = new WeakMap<object, object>();
  const stepping = (real: object): object => {
    const statement: object = replacing(real, (name, method) => {
      if (name === "bind") return (...args) => stepping(Object(method(...args)));
      return async (...args) => step(() => method(...args));
    });
    statements.set(statement, real);
    return statement;
  };
  const DB = replacing(env.DB, (name, real) => {
    if (name === "prepare") return (...args) => stepping(Object(real(...args)));
    if (name !== "batch") return null;
    return async (list) => step(() => real(Array.isArray(list) ? list.map((one) => statements.get(Object(one)) ?? one) : list));
  });
  const CONVERSATION = replacing(env.CONVERSATION, (name, real) => {
    if (name !== "get") return null;
    return (...args) =>
      replacing(
        Object(real(...args)),
        (_, method) =>
          async (...given) =>
            step(() => method(...given)),
      );
  });
  return { DB, CONVERSATION };
}
