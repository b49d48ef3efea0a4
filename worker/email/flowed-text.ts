/** `format=flowed` (RFC 3676): lines that end in a space go on in the next one, within one depth of quoting. */
import type { Steps } from "./pace.ts";

interface FlowedLine {
  depth: number;
  content: string;
}

/** Deeper ones are one depth: nobody quotes that often. */
const DEPTH_MAX = 100;
/** A look at the clock of steps after so many lines. */
const LINES_AT_ONCE = 50;

function readFlowed(line: string): FlowedLine {
  let depth = 0;
  while (line[depth] === ">" && depth < DEPTH_MAX) depth++;
  const rest = line.slice(depth);
  // §4.4: one space was added in front where the line began with a space, a mark or `From `.
  return { depth, content: rest.startsWith(" ") ? rest.slice(1) : rest };
}

/** Joins the lines again; quoted ones keep their marks. `isDelSp`: the space at the end was added, too. */
export function* joinFlowed(text: string, isDelSp: boolean): Steps<string> {
  const out: string[] = [];
  let depth = -1;
  let parts: string[] = [];
  const close = (): void => {
    if (depth >= 0) out.push(depth > 0 ? `${">".repeat(depth)} ${parts.join("")}` : parts.join(""));
    parts = [];
    depth = -1;
  };
  for (const [index, raw] of text.split("\n").entries()) {
    const line = readFlowed(raw.endsWith("\r") ? raw.slice(0, -1) : raw);
    // §4.5: a change of depth ends the paragraph, whatever its last line promised.
    if (line.depth !== depth) close();
    depth = line.depth;
    const isSoft = line.content.endsWith(" ") && line.content !== "-- ";
    parts.push(isSoft && isDelSp ? line.content.slice(0, -1) : line.content);
    if (!isSoft) close();
    if (index % LINES_AT_ONCE === 0) yield LINES_AT_ONCE / 10;
  }
  close();
  return out.join("\n");
}
