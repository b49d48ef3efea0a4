/**
 * The few numbers of the protocol that the browser needs, written out again: importing them from the protocol would
 * bring its schemas, and the schema library, into the widget. A test holds them equal to the protocol's.
 */
export const SUBPROTOCOL = "hilo.v1";
export const TOKEN_SUBPROTOCOL_PREFIX = "token.";
/** UTF-16 code units of a message's text. */
export const TEXT_LENGTH_MAX = 20_000;
/** UTF-16 code units of one frame. */
export const FRAME_LENGTH_MAX = 64_000;
/** Messages in one `welcome` or `messages` frame. */
export const MESSAGES_PER_FRAME = 50;
export const ATTACHMENTS_PER_MESSAGE_MAX = 10;
/** To, Cc and Bcc of one mail together. */
export const RECIPIENTS_MAX = 50;
export const PING_INTERVAL_MS = 15_000;
export const TYPING_SHOWN_MS = 4_000;
/** The `reason` of a mail that an agent has taken back in time. */
export const UNDONE_REASON = "taken back before it was sent";
export const CLOSE_CODES = { notAllowed: 4001, badFrame: 4002, protocolTooOld: 4003, tooMuchTraffic: 4008 } as const;
