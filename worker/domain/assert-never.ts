/** Ends a `switch` over a union: a new member becomes a type error here, and throws should it arrive anyway. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
