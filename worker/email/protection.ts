/** Whether a mail is signed or encrypted, by how it is built; what is in it is not checked and not opened. Pure. */
import type { MailAttachment } from "./mail.ts";
import { firstHeader, type MailHeaders } from "./mail-headers.ts";

export interface MailProtection {
  kind: "signed" | "encrypted";
  by: "pgp" | "smime";
}

const SMIME_TYPE = /^application\/(x-)?pkcs7-mime$/;

export function readProtection(
  headers: MailHeaders,
  mail: { text: string; attachments: readonly MailAttachment[] },
): MailProtection | null {
  const contentType = firstHeader(headers, "content-type").toLowerCase();
  const types = mail.attachments.map(({ type }) => type);
  const isPgp = contentType.includes("pgp") || types.some((type) => type.startsWith("application/pgp"));
  const isEncrypted = contentType.startsWith("multipart/encrypted") || types.includes("application/pgp-encrypted");
  if (isEncrypted) return { kind: "encrypted", by: isPgp ? "pgp" : "smime" };
  const sealed = mail.attachments.find(({ type }) => SMIME_TYPE.test(type));
  if (sealed !== undefined) {
    // RFC 8551 §3.2.2; without the parameter the name tells.
    const isSigned = /smime-type\s*=\s*"?signed-data/.test(contentType) || /\.p7s$/i.test(sealed.name);
    return { kind: isSigned ? "signed" : "encrypted", by: "smime" };
  }
  if (/^[ \t]*-----BEGIN PGP MESSAGE-----/m.test(mail.text)) return { kind: "encrypted", by: "pgp" };
  const isSigned =
    contentType.startsWith("multipart/signed") ||
    types.some((type) => type === "application/pgp-signature" || /^application\/(x-)?pkcs7-signature$/.test(type)) ||
    /^[ \t]*-----BEGIN PGP SIGNED MESSAGE-----/m.test(mail.text);
  if (!isSigned) return null;
  return { kind: "signed", by: isPgp || mail.text.includes("-----BEGIN PGP SIGNED") ? "pgp" : "smime" };
}
