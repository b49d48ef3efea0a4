/** Events as Cloudflare's Email Sending puts them into a queue (schema version 1). */
export function sendingEvent(type: string, payload: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: `cf.email.sending.message.${type}`,
    source: { type: "email.sending", zoneId: "023e105f4ecef8ad9ca31a8372d0c353", domain: "acme.test" },
    payload: {
      eventId: "0190d0c4-7e9a-7b3c-9f12-1a2b3c4d5e6f",
      messageId: "0101-msg",
      sender: "hello@acme.test",
      recipient: "bob@customer.test",
      subject: "Welcome",
      terminal: type !== "deferred",
      delivery: { status: type },
      ...payload,
    },
    metadata: { eventSchemaVersion: 1, eventTimestamp: "2026-06-01T02:48:57.132Z" },
  };
}
