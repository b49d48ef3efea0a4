/** What the header of a MIME part says about how to read its body. Pure. */

export interface PartHeader {
  /** Lower-case media type; `text/plain` where none is declared. */
  type: string;
  /** Of a multipart; null otherwise, and where it has none. */
  boundary: string | null;
  encoding: string;
  isAttachment: boolean;
}

const BOUNDARY = /boundary\s{0,10}=\s{0,10}(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i;

/** Value of the first such header, unfolded; empty without one. */
export function headerValue(header: string, name: string): string {
  const match = new RegExp(`^${name}[ \\t]{0,10}:(.*(?:\\r?\\n[ \\t].*)*)`, "im").exec(header);
  return match?.[1]?.replace(/\r?\n/g, " ").trim() ?? "";
}

/** @returns the boundary that a `Content-Type` declares; null where it is no multipart or has none */
export function boundaryOf(contentType: string): string | null {
  const boundary = /^multipart\//i.test(contentType) ? BOUNDARY.exec(contentType) : null;
  return boundary?.[1] ?? boundary?.[2] ?? null;
}

/** @param header the lines of a part's header */
export function readPartHeader(header: string): PartHeader {
  const contentType = headerValue(header, "content-type");
  return {
    type: (contentType.split(";")[0] ?? "").trim().toLowerCase() || "text/plain",
    boundary: boundaryOf(contentType),
    encoding: headerValue(header, "content-transfer-encoding"),
    isAttachment: /^"?attachment\b/i.test(headerValue(header, "content-disposition")),
  };
}
