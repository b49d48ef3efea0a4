import type { OutgoingMail } from "../../../worker/email/outgoing-mail.ts";

export function buildOutgoing(overrides: Partial<OutgoingMail> = {}): OutgoingMail {
  return {
    from: { address: "hello@shop.example", name: "Ana at Shop" },
    to: [{ address: "bea@mail.example", name: "Bea" }],
    cc: [],
    bcc: [],
    withheld: [],
    replyTo: "hello+token@shop.example",
    subject: "Re: Parcel",
    messageId: "m1@shop.example",
    headers: { "In-Reply-To": "<a@mail.example>", "X-Hilo-Loop": "loop-1" },
    text: "It was sent today.\n",
    html: "<p>It was sent today.</p>",
    attachments: [],
    ...overrides,
  };
}
