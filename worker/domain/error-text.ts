/**
 * What a log may say of an error (T18): where it was and what kind, never the values that were being worked on.
 * Database errors carry their parameters, parsers the text that they choke on. Pure.
 */
export function describeError(error: unknown): { error: string; stack?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const cause = error.cause instanceof Error ? ` (${describeError(error.cause).error})` : "";
  // The stack repeats the message: only its places are kept.
  const places = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    error: `${error.name}: ${messageOf(error)}${cause}`,
    ...(places.length === 0 ? {} : { stack: places.join("\n") }),
  };
}

/**
 * The error as a log may have it: where one leaves the Worker's doors, the runtime writes down all of its message, of its
 * stack and of its cause.
 */
export function cleanError(error: unknown): Error {
  const { error: message, stack = "" } = describeError(error);
  const clean = new Error(message);
  clean.stack = `Error: ${message}\n${stack}`;
  return clean;
}

/** UTF-16 code units of a message; longer ones hold what they were about. */
const MESSAGE_LENGTH_MAX = 500;

/** What messages of libraries and servers hold of the values, and what stands for it. */
const VALUES: readonly (readonly [RegExp, string])[] = [
  // drizzle: `Failed query: …\nparams: …`; valibot: `Expected … but received …`; D1: `not supported for value '…'`
  [/\nparams:[^]*$/, ""],
  [/ but received [^]*$/, ""],
  [/ for value '[^]*$/, ""],
  // Our own of what cannot be: `assertNever`.
  [/^(unexpected value): [^]*$/, "$1"],
  [/(https?:\/\/[^\s?#"']{1,300})[?#][^\s"']*/gi, "$1?…"],
  [/[^\s<>"'`(),;:=]{1,64}@[^\s<>"'`(),;:=]{1,255}/g, "…@…"],
  // Longer than an id: a token, a key, a signature.
  [/[\w.~+/-]{0,40}[\w-]{40,}[\w.~+/=-]*/g, "…"],
];

function messageOf({ name, message }: Error): string {
  // `Unexpected token 'H', "Hello Vera" is not valid JSON`
  if (name === "SyntaxError") return "the text could not be parsed";
  const clean = VALUES.reduce(
    (text, [pattern, instead]) => text.replace(pattern, instead),
    message.slice(0, 10 * MESSAGE_LENGTH_MAX),
  );
  return clean.slice(0, MESSAGE_LENGTH_MAX);
}
