/**
 * What is mailed to an address for one session: the digits of a code, and the secret of a confirming link. Each does
 * nothing without that session's own token; a secret says for which session and address it is, so that nothing is stored.
 */
import * as v from "valibot";
import { canonicalAddress } from "../domain/address.ts";
import { hmacSha256, isEqualConstantTime, toBase64Url, toHex } from "./hmac.ts";

/** Ms for which a confirming link can be used, and used again. */
export const CONFIRMING_LINK_MS = 30 * 24 * 60 * 60_000;
/** Ms for which *this was not me* can be said. */
const STOP_LINK_MS = 30 * 24 * 60 * 60_000;
export const CODE_DIGITS = 6;
/** While somebody guesses in many conversations at once. */
export const CODE_DIGITS_GUARDED = 10;

export interface ForSession {
  conversationId: string;
  sessionId: string;
  email: string;
}

/** Digits, each as likely as any other. */
export function newCode(digits: number): string {
  const values = new Uint32Array(digits);
  let code = "";
  while (code.length < digits)
    for (const value of crypto.getRandomValues(values)) {
      // The last incomplete ten of 2³² would favour small digits.
      if (value < 4_294_967_290 && code.length < digits) code += String(value % 10);
    }
  return code;
}

/** What is stored of a code. */
export async function hashCode(secret: string, { sessionId, code }: { sessionId: string; code: string }): Promise<string> {
  return toHex(await hmacSha256(secret, "code", `${sessionId}\n${code}`));
}

type Purpose = "confirm" | "stop-codes";

const payloadSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.tuple([v.string(), v.string(), v.string(), v.pipe(v.number(), v.safeInteger())]),
);

/** `<payload>.<signature>`: for a fragment, so that no server but ours sees it. */
export async function signForSession(secret: string, purpose: Purpose, input: ForSession & { now: number }): Promise<string> {
  const { conversationId, sessionId, email, now } = input;
  const expiresAt = now + (purpose === "confirm" ? CONFIRMING_LINK_MS : STOP_LINK_MS);
  const payload = JSON.stringify([conversationId, sessionId, email, expiresAt]);
  const encoded = toBase64Url(new TextEncoder().encode(payload));
  return `${encoded}.${toBase64Url(await hmacSha256(secret, purpose, encoded))}`;
}

/** Null for what we did not sign for this purpose, and for what has expired. */
export async function readForSession(
  secret: string,
  purpose: Purpose,
  input: { signed: string; now: number },
): Promise<ForSession | null> {
  const [encoded = "", signature = "", ...rest] = input.signed.split(".");
  if (rest.length > 0 || !isEqualConstantTime(toBase64Url(await hmacSha256(secret, purpose, encoded)), signature)) return null;
  const parsed = v.safeParse(payloadSchema, fromBase64Url(encoded));
  if (!parsed.success) return null;
  const [conversationId, sessionId, email, expiresAt] = parsed.output;
  // Signed as it was known then.
  return expiresAt < input.now ? null : { conversationId, sessionId, email: canonicalAddress(email) };
}

function fromBase64Url(text: string): string {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
