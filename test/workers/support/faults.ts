/** Bindings that fail when they are told to: what a crash or an outage leaves behind. */
import "./bindings.ts";
import { env } from "cloudflare:workers";

/** A binding whose methods of these names throw, from the `after`-th call on; `isOnce`: only that call. */
export function failing<T extends object>(binding: T, names: string[], options: { after?: number; onCall?: () => void } = {}): T {
  let calls = 0;
  return new Proxy(binding, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (typeof name === "string" && names.includes(name)) {
          calls += 1;
          options.onCall?.();
          if (calls > (options.after ?? 0)) throw new Error("D1_ERROR: this binding is away");
        }
        return Reflect.apply(value, target, args);
      };
    },
  });
}

export const databaseAway = (after = 0, onCall?: () => void): D1Database =>
  failing(env.DB, ["prepare"], { after, ...(onCall === undefined ? {} : { onCall }) });

export const storeAway = (name: "put" | "get"): R2Bucket => failing(env.MAIL, [name]);
