/** Text as HTML for mails: everything escaped, links made of text, styles inline, nothing loaded from outside. */

/** Links in one text; what follows stays text. */
const LINKS_MAX = 200;
/** UTF-16 code units of one link. */
const LINK_LENGTH_MAX = 2_048;

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Safe between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

/** Escaped text with its web addresses as links and its line ends as `<br>`. */
export function renderText(text: string): string {
  let html = "";
  let end = 0;
  let count = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"'`]+/gi)) {
    const url = trimUrl(match[0]);
    if (!isSafeUrl(url)) continue;
    count += 1;
    if (count > LINKS_MAX) break;
    html += escapeLines(text.slice(end, match.index)) + renderLink(url, url);
    end = match.index + url.length;
  }
  return html + escapeLines(text.slice(end));
}

/** A link to an address that is known to be ours or was checked by `renderText`. */
export function renderLink(url: string, label: string): string {
  return `<a href="${escapeHtml(url)}" rel="noopener noreferrer">${escapeHtml(label)}</a>`;
}

/** The whole document around a body. */
export function renderDocument(locale: string, body: string): string {
  return [
    `<!doctype html><html lang="${escapeHtml(locale)}"><head><meta charset="utf-8">`,
    `<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">`,
    `</head><body style="color-scheme:light dark;margin:0;padding:16px;${FONT}">${body}</body></html>`,
  ].join("");
}

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;font-size:15px;line-height:1.5";

function escapeLines(text: string): string {
  return escapeHtml(text).replaceAll("\n", "<br>");
}

/** Punctuation that ends a sentence is not part of the address; a closing bracket is where one was opened in it. */
function trimUrl(url: string): string {
  let end = url.length;
  let open = url.split("(").length - url.split(")").length;
  while (end > 0) {
    const last = url.charAt(end - 1);
    if (last === ")" && open < 0) open += 1;
    else if (!/[.,;:!?\]}*_]/.test(last)) break;
    end -= 1;
  }
  return url.slice(0, end);
}

/** Control and bidirectional characters could make a link look like another one. */
function isSafeUrl(url: string): boolean {
  return url.length <= LINK_LENGTH_MAX && !/[\p{Cc}\p{Cf}]/u.test(url) && URL.canParse(url);
}
