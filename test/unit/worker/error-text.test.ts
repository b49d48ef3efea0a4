import * as v from "valibot";
import { expect, test } from "vitest";
import { assertNever } from "../../../worker/domain/assert-never.ts";
import { cleanError, describeError } from "../../../worker/domain/error-text.ts";

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

test.each([
  ["an address", "550 <vera@example.test> is not here", "550 <…@…> is not here"],
  ["an address in other letters", "to jos\u00e9@b\u00fccher.example: no", "to …@…: no"],
  [
    "the query of an address of the web",
    'fetch of "https://a.example/b?to=vera&x=1#y" failed',
    'fetch of "https://a.example/b?…" failed',
  ],
  ["a token", `bad token ${"aB3-_".repeat(12)}.x`, "bad token …"],
  [
    "a value that D1 does not take",
    "D1_TYPE_ERROR: Type 'object' not supported for value 'Hello Vera'",
    "D1_TYPE_ERROR: Type 'object' not supported",
  ],
  ["what should not exist", 'unexpected value: {"text":"Hello Vera"}', "unexpected value"],
])("[T18] %s is not told", (_name, message, told) => {
  expect(describeError(new Error(message)).error).toBe(`Error: ${told}`);
});

test("[T18] ids, tables and codes are told, and no more than fits on some lines", () => {
  const message = "effect 01a21f76-e5b6-745a-a33c-e0537c1e055e of contact_addresses failed: SQLITE_CONSTRAINT (10001)";
  expect(describeError(new Error(message)).error).toBe(`Error: ${message}`);
  expect(describeError(new Error("x ".repeat(5_000))).error.length).toBeLessThan(600);
});

test("[T18] an error that leaves the Worker has neither message, stack nor cause of the one that it was", () => {
  const error = new Error("Failed query: x\nparams: SECRET", { cause: new Error("for SECRET@example.test") });
  const clean = cleanError(error);
  expect([clean.message, clean.cause]).toEqual(["Error: Failed query: x (Error: for …@…)", undefined]);
  expect(clean.stack).toContain(" at ");
  expect(`${clean.stack}`).not.toContain("SECRET");
});

test("assertNever throws for what should not exist", () => {
  // @ts-expect-error -- the type says that this cannot be
  expect(() => assertNever("new")).toThrow('unexpected value: "new"');
});
