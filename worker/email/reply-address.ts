/**
 * The signed reply address: `<local>+<token>@<domain>`. Whoever answers to it holds a mail that was sent
 * to one person about one conversation; nothing in it can be made up or moved to another mailbox.
 *
 * The token is 24 bytes in lower-case base32:
 * 1 version and key id (a nibble each) · 1 kind · 8 short key of the conversation (of an agent's forwarding address: of the
 * agent) · 4 hash of the person it was sent to · 10 HMAC-SHA256, cut, over all of that and the mailbox.
 *
 * Version 1 had no kind and one byte more of the person's hash. Mails that carry it are still answered: it went to contacts.
 */
import { computeBase32Length, decodeBase32, encodeBase32 } from "./base32.ts";
import { LOCAL_PART_BYTES_MAX, canonicalAddress } from "../domain/address.ts";
import { splitSubaddress } from "./subaddress.ts";

const VERSION = 2;
const HEADER_BYTES = 1;
const KIND_BYTES = 1;
const KEY_BYTES = 8;
const PERSON_BYTES = 4;
const SIGNED_BYTES = HEADER_BYTES + KIND_BYTES + KEY_BYTES + PERSON_BYTES;
const SIGNATURE_BYTES = 10;
const TOKEN_LENGTH = computeBase32Length(SIGNED_BYTES + SIGNATURE_BYTES);
/** A key id is a nibble. */
const KEY_ID_MAX = 15;

/** Where each version keeps what the token says; the signature follows in both. */
const LAYOUTS: Readonly<Record<number, { hasKind: boolean; keyAt: number; personBytes: number }>> = {
  1: { hasKind: false, keyAt: HEADER_BYTES, personBytes: 5 },
  [VERSION]: { hasKind: true, keyAt: HEADER_BYTES + KIND_BYTES, personBytes: PERSON_BYTES },
};

/** What the mail that carries a token of a conversation was: who answers to it speaks as that, and as nothing more. */
export type ReplyKind =
  /** A reply to the conversation's person. */
  | "contact"
  /** Told an agent that a message has come in: their answer may go to the person. */
  | "agent-message"
  /** Told an agent of anything else (a mention, an assignment, a reminder): their answer is a note. */
  | "agent-other"
  /** Sent on to somebody outside (H18). */
  | "forward"
  /** A reply to somebody who wrote through a contact form. */
  | "form";

/** By their number in a token: what is in the mailboxes of other people is never renumbered. */
const KINDS = ["contact", "agent-message", "agent-other", "forward", "form", "agent-forward"] as const satisfies readonly (
  | ReplyKind
  | "agent-forward"
)[];

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

interface ReadToken {
  /** The mailbox's own address, lower-cased. */
  mailbox: string;
  /** Whether the mail that carried this reply address was sent to `address`. */
  isFor: (address: string) => Promise<boolean>;
}

export type ReplyAddress =
  /** No sub-address, or one that is not shaped like a token. */
  | { kind: "none" }
  /** Shaped like a token, but not one of ours: worth counting, treated as none. */
  | { kind: "bad" }
  | ({
      kind: "token";
      tokenKind: ReplyKind;
      /** 16 hex characters, as `computeConversationKey` makes them. */
      conversationKey: string;
    } & ReadToken)
  /** The address to which an agent sends on what customers wrote elsewhere (M8): of no conversation. */
  | ({
      kind: "agent-forward";
      /** 16 hex characters, by which the agent is found. */
      agentKey: string;
    } & ReadToken);

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
  return toHex((await hmac(secret, "conversation", encode(conversationId))).subarray(0, KEY_BYTES));
}

interface Addressing {
  keys: ReplyKeys;
  /** The mailbox's own address. */
  mailbox: string;
  /** The one address that the mail goes to; of a forwarding address the agent's own. */
  recipient: string;
}

/**
 * @param input.conversationKey 16 hex characters
 * @throws MailboxNameTooLongError, or RangeError for a key that is none
 */
export async function createReplyAddress(input: Addressing & { kind: ReplyKind; conversationKey: string }): Promise<string> {
  return createAddress({ ...input, key: input.conversationKey });
}

/**
 * @param input.agentKey 16 hex characters
 * @throws MailboxNameTooLongError, or RangeError for a key that is none
 */
export async function createForwardingAddress(input: Addressing & { agentKey: string }): Promise<string> {
  return createAddress({ ...input, kind: "agent-forward", key: input.agentKey });
}

async function createAddress(input: Addressing & { kind: (typeof KINDS)[number]; key: string }): Promise<string> {
  const { current } = input.keys;
  if (!Number.isInteger(current.id) || current.id < 0 || current.id > KEY_ID_MAX)
    throw new RangeError("A reply key's id is 0 to 15.");
  if (!/^[0-9a-f]{16}$/.test(input.key)) throw new RangeError("The key in a reply address is 16 hex characters.");
  const mailbox = canonicalAddress(input.mailbox);
  assertMailboxFitsReplies(mailbox);

  const token = new Uint8Array(SIGNED_BYTES + SIGNATURE_BYTES);
  token[0] = (VERSION << 4) | current.id;
  token[HEADER_BYTES] = KINDS.indexOf(input.kind);
  token.set(fromHex(input.key), HEADER_BYTES + KIND_BYTES);
  const person = await hashPerson(current.secret, input.recipient);
  token.set(person.subarray(0, PERSON_BYTES), SIGNED_BYTES - PERSON_BYTES);
  token.set(await sign(current.secret, token.subarray(0, SIGNED_BYTES), mailbox), SIGNED_BYTES);
  const at = mailbox.lastIndexOf("@");
  return `${mailbox.slice(0, at)}+${encodeBase32(token)}${mailbox.slice(at)}`;
}

/** Reads an address; `mailbox`, where given, is the only mailbox that the token may belong to. */
export async function parseReplyAddress(input: { keys: ReplyKeys; mailbox?: string; address: string }): Promise<ReplyAddress> {
  const { base, detail } = splitSubaddress(input.address);
  if (detail?.length !== TOKEN_LENGTH || !/^[a-z2-7]+$/.test(detail)) return { kind: "none" };
  if (input.mailbox !== undefined && canonicalAddress(input.mailbox) !== base) return { kind: "bad" };
  const token = decodeBase32(detail);
  const header = token?.[0];
  const layout = header === undefined ? undefined : LAYOUTS[header >> 4];
  if (token === null || header === undefined || layout === undefined) return { kind: "bad" };
  const signer = await findSigner(input.keys, { keyId: header & KEY_ID_MAX, token, mailbox: base });
  if (signer === null) return { kind: "bad" };
  const kind = layout.hasKind ? KINDS[token[HEADER_BYTES] ?? KINDS.length] : "contact";
  // Of a later version of Hilo, which has been taken back.
  if (kind === undefined) return { kind: "bad" };
  const person = token.subarray(SIGNED_BYTES - layout.personBytes, SIGNED_BYTES);
  const key = toHex(token.subarray(layout.keyAt, layout.keyAt + KEY_BYTES));
  const read: ReadToken = {
    mailbox: base,
    isFor: async (address) => isEqual((await hashPerson(signer.secret, address)).subarray(0, person.length), person),
  };
  return kind === "agent-forward"
    ? { kind, agentKey: key, ...read }
    : { kind: "token", tokenKind: kind, conversationKey: key, ...read };
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

/** Keyed, so that whoever holds a reply address can't try out which person it was sent to. A token has its first bytes. */
async function hashPerson(secret: string, address: string): Promise<Uint8Array> {
  return hmac(secret, "person", encode(canonicalAddress(address)));
}

/** Of the way in which secrets are used, not of the tokens: keys of conversations that are stored go on from version 1. */
const SCHEME = 1;

/** The purpose goes into the key's input, so that one use of a secret never passes for another. */
async function hmac(secret: string, purpose: "conversation" | "reply" | "person", data: Uint8Array): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encode(secret), algorithm, false, ["sign"]);
  const label = encode(`hilo/${purpose}/${SCHEME}\0`);
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
