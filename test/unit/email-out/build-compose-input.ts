import type { ComposeInput } from "../../../worker/email/compose.ts";
import type { TranscriptEntry } from "../../../worker/email/compose-transcript.ts";

/** Monday, 23 November 2026, 11:00 UTC. */
export const NOON_IN_MADRID = Date.UTC(2026, 10, 23, 11);

export function buildEntry(overrides: Partial<TranscriptEntry> = {}): TranscriptEntry {
  return {
    at: NOON_IN_MADRID,
    channel: "chat",
    by: "visitor",
    authorName: "Bea",
    text: "Hello?",
    files: [],
    isKnownByMail: false,
    ...overrides,
  };
}

export function buildComposeInput(overrides: Partial<ComposeInput> = {}): ComposeInput {
  return {
    locale: "en",
    company: "Shop",
    agentName: "Ana",
    mailbox: "hello@shop.example",
    recipient: { address: "bea@mail.example", name: "Bea" },
    cc: [],
    bcc: [],
    withheld: [],
    replyTo: "hello+token@shop.example",
    messageId: "m1@shop.example",
    subject: { kind: "chat" },
    text: "It was sent today.",
    signature: "",
    showInChat: null,
    references: [],
    transcript: [],
    isConfirmed: true,
    typedIn: "chat",
    visitorTexts: [],
    timeZone: "Europe/Madrid",
    loopMarker: "loop-1",
    automatic: null,
    attachments: [],
    fileLinks: [],
    fileLinksExpireAt: null,
    ...overrides,
  };
}
