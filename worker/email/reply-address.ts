/**
 * The signed reply address: `<local>+<token>@<domain>`. Whoever answers to it holds a mail that was sent
 * to one person about one conversation; nothing in it can be made up or moved to another mailbox.
 *
 * The token is 24 bytes in lower-case base32:
 * 1 version and key id (a nibble each) · 8 short key of the conversation · 5 hash of the person it was
 * sent to · 10 HMAC-SHA256, cut, over all of that and the mailbox.
 */
import { computeBase32Length, decodeBase32, encodeBase32 } from "./base32.ts";
import { LOCAL_PART_BYTES_MAX } from "../domain/address.ts";
import { splitSubaddress } from "./subaddress.ts";

const VERSION = 1;
const HEADER_BYTES = 1;
const CONVERSATION_KEY_BYTES = 8;
const PERSON_BYTES = 5;
const SIGNED_BYTES = HEADER_BYTES + CONVERSATION_KEY_BYTES + PERSON_BYTES;
const SIGNATURE_BYTES = 10;
const TOKEN_LENGTH = computeBase32Length(SIGNED_BYTES + SIGNATURE_BYTES);
/** A key id is a nibble. */
const KEY_ID_MAX = 15;

/** Octets of a mailbox's local part that leave room for `+` and the token. */
export const REPLY_MAILBOX_LOCAL_MAX = LOCAL_PART_BYTES_MAX - 1 - TOKEN_LENGTH;

export interface ReplyKey {
  /** 0 to 15: says which secrets to try. */
  id: number;
  secret: string;
}

export interface ReplyKeys {
  /** Signs. */
  current: ReplyKey;
  /** Still read, so that answers to old mails arrive after a rotation. */
  older: readonly ReplyKey[];
}

export type ReplyAddress =
  /** No sub-address, or one that is not shaped like a token. */
  | { kind: "none" }
  /** Shaped like a token, but not one of ours: worth counting, treated as none. */
  | { kind: "bad" }
  | {
      kind: "token";
      /** The mailbox's own address, lower-cased. */
      mailbox: string;
      /** 16 hex characters, as `computeConversationKey` makes them. */
      conversationKey: string;
      /** Whether the mail that carried this reply address was sent to `address`. */
      isFor: (address: string) => Promise<boolean>;
    };

/** Thrown where a mailbox is made, so that nobody finds out by a reply that can't be addressed. */
export class MailboxNameTooLongError extends Error {
  override readonly name = "MailboxNameTooLongError";
  constructor(mailbox: string) {
    super(`The part before the @ of ${mailbox} is longer than ${REPLY_MAILBOX_LOCAL_MAX} octets: reply addresses would not fit.`);
  }
}

/** @throws MailboxNameTooLongError where signed reply addresses of this mailbox would exceed 64 octets. */
export function assertMailboxFitsReplies(mailbox: string): void {
  const local = mailbox.slice(0, mailbox.lastIndexOf("@"));
  if (new TextEncoder().encode(local).length > REPLY_MAILBOX_LOCAL_MAX) throw new MailboxNameTooLongError(mailbox);
}

/**
 * The conversation's short key: 64 bits, 16 hex characters. Conversations are found by it in D1, where it is
 * stored when the conversation first sends a mail; it reveals nothing about the id.
 */
export async function computeConversationKey(secret: string, conversationId: string): Promise<string> {
  return toHex((await hmac(secret, "conversation", encode(conversationId))).subarray(0, CONVERSATION_KEY_BYTES));
}

/** @throws MailboxNameTooLongError, or RangeError for a key that is none. */
export async function createReplyAddress(input: {
  keys: ReplyKeys;
  /** The mailbox's own address. */
  mailbox: string;
  /** 16 hex characters. */
  conversationKey: string;
  /** The one address that this mail goes to. */
  recipient: string;
}): Promise<string> {
  const { current } = input.keys;
  if (!Number.isInteger(current.id) || current.id < 0 || current.id > KEY_ID_MAX)
    throw new RangeError("A reply key's id is 0 to 15.");
  if (!/^[0-9a-f]{16}$/.test(input.conversationKey)) throw new RangeError("A conversation key is 16 hex characters.");
  const mailbox = input.mailbox.trim().toLowerCase();
  assertMailboxFitsReplies(mailbox);

  const token = new Uint8Array(SIGNED_BYTES + SIGNATURE_BYTES);
  token[0] = (VERSION << 4) | current.id;
  token.set(fromHex(input.conversationKey), HEADER_BYTES);
  token.set(await hashPerson(current.secret, input.recipient), HEADER_BYTES + CONVERSATION_KEY_BYTES);
  token.set(await sign(current.secret, token.subarray(0, SIGNED_BYTES), mailbox), SIGNED_BYTES);
  const at = mailbox.lastIndexOf("@");
  return `${mailbox.slice(0, at)}+${encodeBase32(token)}${mailbox.slice(at)}`;
}

/** Reads an address; `mailbox`, where given, is the only mailbox that the token may belong to. */
export async function parseReplyAddress(input: { keys: ReplyKeys; mailbox?: string; address: string }): Promise<ReplyAddress> {
  const { base, detail } = splitSubaddress(input.address);
  if (detail?.length !== TOKEN_LENGTH || !/^[a-z2-7]+$/.test(detail)) return { kind: "none" };
  if (input.mailbox !== undefined && input.mailbox.trim().toLowerCase() !== base) return { kind: "bad" };
  const token = decodeBase32(detail);
  const header = token?.[0];
  if (token === null || header === undefined || header >> 4 !== VERSION) return { kind: "bad" };
  const keyId = header & KEY_ID_MAX;
  const key = await findSigner(input.keys, { keyId, token, mailbox: base });
  if (key === null) return { kind: "bad" };
  const personStart = HEADER_BYTES + CONVERSATION_KEY_BYTES;
  const person = token.subarray(personStart, SIGNED_BYTES);
  return {
    kind: "token",
    mailbox: base,
    conversationKey: toHex(token.subarray(HEADER_BYTES, personStart)),
    isFor: async (address) => isEqual(await hashPerson(key.secret, address), person),
  };
}

/** Ids may be derived from secrets, and two of them can share one: every key with the id is tried. */
async function findSigner(
  keys: ReplyKeys,
  signed: { keyId: number; token: Uint8Array; mailbox: string },
): Promise<ReplyKey | null> {
  const { keyId, token, mailbox } = signed;
  for (const key of [keys.current, ...keys.older].filter(({ id }) => id === keyId)) {
    const expected = await sign(key.secret, token.subarray(0, SIGNED_BYTES), mailbox);
    if (isEqual(expected, token.subarray(SIGNED_BYTES))) return key;
  }
  return null;
}

async function sign(secret: string, signed: Uint8Array, mailbox: string): Promise<Uint8Array> {
  const name = encode(mailbox);
  const message = new Uint8Array(signed.length + name.length);
  message.set(signed);
  message.set(name, signed.length);
  return (await hmac(secret, "reply", message)).subarray(0, SIGNATURE_BYTES);
}

/** Keyed, so that whoever holds a reply address can't try out which person it was sent to. */
async function hashPerson(secret: string, address: string): Promise<Uint8Array> {
  return (await hmac(secret, "person", encode(address.trim().toLowerCase()))).subarray(0, PERSON_BYTES);
}

/** The purpose goes into the key's input, so that one use of a secret never passes for another. */
async function hmac(secret: string, purpose: "conversation" | "reply" | "person", data: Uint8Array): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encode(secret), algorithm, false, ["sign"]);
  const label = encode(`hilo/${purpose}/${VERSION}\0`);
  const message = new Uint8Array(label.length + data.length);
  message.set(label);
  message.set(data, label.length);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, message));
}

/** Takes the same time wherever the first difference is. */
function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}

function encode(text: string) {
  return new TextEncoder().encode(text);
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
