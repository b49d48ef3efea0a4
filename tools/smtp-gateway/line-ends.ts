/** SMTP's lines end in CRLF, and hold no other CR, LF or NUL (RFC 5321, section 2.3.8). Pure. */

/**
 * Whether a command of these is ended by something else, or holds it: servers that disagree on where a command ends can
 * be made to disagree on where a mail ends. What follows `DATA` is looked at no more; it is no command.
 *
 * @param lines commands, the last perhaps still without its end
 */
export function hasOddLineEnd(lines: string): boolean {
  let start = 0;
  for (let end = lines.indexOf("\n"); end >= 0; end = lines.indexOf("\n", start)) {
    const line = lines.slice(start, end);
    if (!line.endsWith("\r") || /[\r\0]/.test(line.slice(0, -1))) return true;
    if (/^DATA *\r$/i.test(line)) return false;
    start = end + 1;
  }
  return /\r[^\n]|\0/.test(lines.slice(start));
}
