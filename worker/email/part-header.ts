/** What the header of a MIME part says about how to read its body. Pure, linear. */

export interface PartHeader {
  /** Lower-case media type; the usual one where none is declared. */
  type: string;
  /** Of a multipart; null otherwise, and where it has none. */
  boundary: string | null;
  encoding: string;
  /** As declared; empty where it is not. */
  charset: string;
  isAttachment: boolean;
  isFlowed: boolean;
  isDelSp: boolean;
  /** The fields that say what the part is, unfolded, without its encoding and charset, which are undone here. */
  fields: string[];
}

const BOUNDARY = /boundary\s{0,10}=\s{0,10}(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i;
const CHARSET = /charset\s{0,10}=\s{0,10}(?:"([^"]{0,80})"|'([^']{0,80})'|([^\s;"']{1,80}))/i;
/** Also in the pieces of RFC 2231. */
const CHARSET_PARAMETER = /;\s{0,20}charset(?:\*\d{0,2})?\*?\s{0,10}=\s{0,10}(?:"[^"]{0,80}"|[^;]{0,80})/gi;
const FLOWED = /;\s{0,10}format\s{0,5}=\s{0,5}"?flowed"?/i;
const DELSP = /;\s{0,10}delsp\s{0,5}=\s{0,5}"?yes"?/i;
const CONTENT_FIELD = /^content-(?:type|disposition|id|description)[ \t]{0,10}:/i;
/** Characters of one such field that are looked at. */
const FIELD_LENGTH_MAX = 4_000;

/** Value of the first such header, unfolded; empty without one. */
export function headerValue(header: string, name: string): string {
  const match = new RegExp(`^${name}[ \\t]{0,10}:(.*(?:\\r?\\n[ \\t].*)*)`, "im").exec(header);
  return match?.[1]?.slice(0, FIELD_LENGTH_MAX).replace(/\r?\n/g, " ").trim() ?? "";
}

/** @returns the boundary that a `Content-Type` declares; null where it is no multipart or has none */
function boundaryOf(contentType: string): string | null {
  const boundary = /^multipart\//i.test(contentType) ? BOUNDARY.exec(contentType) : null;
  return boundary?.[1]?.trimEnd() ?? boundary?.[2] ?? null;
}

/**
 * @param header the lines of a part's header
 * @param defaultType of a part that declares none
 */
export function readPartHeader(header: string, defaultType = "text/plain"): PartHeader {
  const contentType = headerValue(header, "content-type");
  const type = (contentType.split(/[;(]/, 1)[0] ?? "").trim().toLowerCase() || defaultType;
  const charset = CHARSET.exec(contentType);
  const isFlowed = type === "text/plain" && FLOWED.test(contentType);
  return {
    type,
    boundary: boundaryOf(contentType),
    encoding: headerValue(header, "content-transfer-encoding"),
    charset: charset?.[1] ?? charset?.[2] ?? charset?.[3] ?? "",
    isAttachment: /^"?attachment\b/i.test(headerValue(header, "content-disposition")),
    isFlowed,
    isDelSp: isFlowed && DELSP.test(contentType),
    fields: contentFields(header),
  };
}

function contentFields(header: string): string[] {
  const fields: string[] = [];
  for (const line of header.split(/\r?\n/)) {
    const last = fields.length - 1;
    if (/^[ \t]/.test(line) && last >= 0) fields[last] = `${fields[last] ?? ""}${line}`;
    else fields.push(line);
  }
  return fields
    .filter((field) => CONTENT_FIELD.test(field))
    .map((field) => field.slice(0, FIELD_LENGTH_MAX).replace(CHARSET_PARAMETER, ""));
}
