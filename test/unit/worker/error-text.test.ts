import * as v from "valibot";
import { expect, test } from "vitest";
import { assertNever } from "../../../worker/domain/assert-never.ts";
import { describeError } from "../../../worker/domain/error-text.ts";

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("[T18] a query is told, its parameters are not", () => {
  const error = new Error("Failed query: select 1 where email = ?\nparams: vera@example.test,Hello\nVera", {
    cause: new Error("D1_ERROR: UNIQUE constraint failed: contacts.email"),
  });
  const told = describeError(error);
  expect(told.error).toBe(
    "Error: Failed query: select 1 where email = ? (Error: D1_ERROR: UNIQUE constraint failed: contacts.email)",
  );
  expect(told.stack).toMatch(/^\s+at /);
  expect(JSON.stringify(told)).not.toMatch(/vera|Hello/i);
});

test("[T18] what a parser chokes on is not told", () => {
  for (const error of [
    thrown(() => JSON.parse('"SECRET')),
    thrown(() => v.parse(v.picklist(["a"]), "SECRET")),
    thrown(() => v.parse(v.string(), { SECRET: 1 })),
    "SECRET",
    { message: "SECRET" },
  ])
    expect(JSON.stringify(describeError(error))).not.toContain("SECRET");
});

test("a cause is described by the same rules, and what is no error by its type", () => {
  const cause = new Error("Failed query: x\nparams: SECRET");
  expect(describeError(new TypeError("outer", { cause })).error).toBe("TypeError: outer (Error: Failed query: x)");
  expect(describeError(undefined)).toEqual({ error: "undefined" });
});

test("assertNever throws for what should not exist", () => {
  // @ts-expect-error -- the type says that this cannot be
  expect(() => assertNever("new")).toThrow('unexpected value: "new"');
});
