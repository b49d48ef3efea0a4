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

function messageOf({ name, message }: Error): string {
  // `Unexpected token 'H', "Hello Vera" is not valid JSON`
  if (name === "SyntaxError") return "the text could not be parsed";
  // drizzle: `Failed query: …\nparams: …`; valibot: `Expected … but received …`
  return message.replace(/\nparams:[^]*$/, "").replace(/ but received [^]*$/, "");
}
