import { describe, expect, it } from "vitest";
import { type BindingMail, createCloudflareTransport } from "../../../worker/email/send-cloudflare.ts";
import { createUnavailableTransport } from "../../../worker/email/send.ts";
import { buildOutgoing } from "./build-outgoing.ts";

/** Stands for Cloudflare's own service: answers each call with the next of these. */
function createBinding(...answers: (string | Error)[]) {
  const calls: BindingMail[] = [];
  return {
    calls,
    send: async (mail: BindingMail) => {
      calls.push(mail);
      const answer = answers.shift();
      if (answer === undefined) return new Promise<never>(() => undefined);
      if (answer instanceof Error) throw answer;
      return { messageId: answer };
    },
  };
}

function fail(code: string, message = "refused"): Error {
  return Object.assign(new Error(message), { code });
}

const cc = [{ address: "leo@mail.example", name: null }];

describe("mail by Cloudflare's binding", () => {
  it("is handed over in its structured form", async () => {
    const binding = createBinding("<id@cf.example>");
    const content = new Uint8Array([1]);
    const mail = buildOutgoing({ cc, attachments: [{ name: "a.png", type: "image/png", content }] });
    expect(await createCloudflareTransport(binding).send(mail)).toEqual({
      kind: "sent",
      messageId: "id@cf.example",
      refused: [],
    });
    expect(binding.calls).toEqual([
      {
        from: { email: "hello@shop.example", name: "Ana at Shop" },
        to: [{ email: "bea@mail.example", name: "Bea" }],
        cc: ["leo@mail.example"],
        replyTo: "hello+token@shop.example",
        subject: "Re: Parcel",
        headers: { "In-Reply-To": "<a@mail.example>", "X-Hilo-Loop": "loop-1" },
        text: "It was sent today.\n",
        html: "<p>It was sent today.</p>",
        attachments: [{ disposition: "attachment", filename: "a.png", type: "image/png", content }],
      },
    ]);
  });

  it.each([
    ["E_RECIPIENT_SUPPRESSED", { kind: "refused", isHard: true }],
    ["E_RECIPIENT_NOT_ALLOWED", { kind: "refused", isHard: false }],
    ["E_SENDER_NOT_VERIFIED", { kind: "refused", isHard: false }],
    ["E_SENDER_DOMAIN_NOT_AVAILABLE", { kind: "refused", isHard: false }],
    ["E_CONTENT_TOO_LARGE", { kind: "refused", isHard: false }],
    ["E_VALIDATION_ERROR", { kind: "refused", isHard: false }],
    ["E_HEADER_VALUE_TOO_LONG", { kind: "refused", isHard: false }],
    ["E_DELIVERY_FAILED", { kind: "refused", isHard: false }],
    ["E_RATE_LIMIT_EXCEEDED", { kind: "deferred", reason: "Too many mails were sent in a short time." }],
    ["E_DAILY_LIMIT_EXCEEDED", { kind: "deferred", reason: "The number of mails that Cloudflare allows for today is used up." }],
    ["E_INTERNAL_SERVER_ERROR", { kind: "unknown" }],
    [
      "E_SOMETHING_NEW",
      {
        kind: "unknown",
        reason: "Cloudflare's answer was not understood (E_SOMETHING_NEW); whether the mail was sent is not known.",
      },
    ],
    [
      "not a code",
      { kind: "unknown", reason: "Cloudflare's answer was not understood; whether the mail was sent is not known." },
    ],
  ])("turns %s into a plain outcome", async (code, outcome) => {
    const binding = createBinding(fail(code));
    expect(await createCloudflareTransport(binding).send(buildOutgoing())).toMatchObject(outcome);
    expect(binding.calls.length).toBe(1);
  });

  it("[A5] is unknown where nobody answers", async () => {
    const result = await createCloudflareTransport(createBinding(), 20).send(buildOutgoing());
    expect(result).toEqual({ kind: "unknown", reason: "Cloudflare did not answer in time." });
  });

  it("[E33] does not let one suppressed address stop the others", async () => {
    const binding = createBinding(fail("E_RECIPIENT_SUPPRESSED", "Recipient 'leo@mail.example' is suppressed."), "id@cf.example");
    const result = await createCloudflareTransport(binding).send(buildOutgoing({ cc }));
    const reason = "Cloudflare holds mail to this address back, because it bounced or reported earlier mail as spam.";
    const refused = [{ address: "leo@mail.example", code: "E_RECIPIENT_SUPPRESSED", isHard: true, isTemporary: false, reason }];
    expect(result).toEqual({ kind: "sent", messageId: "id@cf.example", refused });
    expect(binding.calls.map(({ to, cc }) => [to, cc])).toEqual([
      [[{ email: "bea@mail.example", name: "Bea" }], ["leo@mail.example"]],
      [[{ email: "bea@mail.example", name: "Bea" }], undefined],
    ]);
  });

  it("makes those in copy the recipients where the first one is left out", async () => {
    const binding = createBinding(fail("E_RECIPIENT_SUPPRESSED", "bea@mail.example is suppressed"), "id@cf.example");
    expect(await createCloudflareTransport(binding).send(buildOutgoing({ cc }))).toMatchObject({ kind: "sent" });
    expect(binding.calls.map(({ to, cc }) => [to, cc]).at(-1)).toEqual([["leo@mail.example"], undefined]);
  });

  it("gives everyone a mail of their own where it is not known which one is suppressed", async () => {
    const bcc = [{ address: "hidden@mail.example", name: null }];
    const binding = createBinding(
      fail("E_RECIPIENT_SUPPRESSED"),
      "id@cf.example",
      fail("E_RECIPIENT_SUPPRESSED"),
      "id3@cf.example",
    );
    const result = await createCloudflareTransport(binding).send(buildOutgoing({ cc, bcc }));
    expect(result).toMatchObject({
      kind: "sent",
      messageId: "id@cf.example",
      refused: [{ address: "leo@mail.example", isHard: true }],
    });
    expect(binding.calls.slice(1).map(({ to, cc, bcc }) => [to, cc, bcc])).toEqual([
      [[{ email: "bea@mail.example", name: "Bea" }], undefined, undefined],
      [["leo@mail.example"], undefined, undefined],
      [["hidden@mail.example"], undefined, undefined],
    ]);
  });

  it("[A5] one by one, somebody may have it: then it is unknown, and not put off", async () => {
    const answers = [fail("E_RECIPIENT_SUPPRESSED"), fail("E_INTERNAL_SERVER_ERROR"), fail("E_RATE_LIMIT_EXCEEDED")];
    const result = await createCloudflareTransport(createBinding(...answers)).send(buildOutgoing({ cc }));
    expect(result.kind).toBe("unknown");
  });

  it("[P6] hidden recipients are in Bcc alone, and where only they are left they do not see each other", async () => {
    const bcc = ["one@mail.example", "two@mail.example"].map((address) => ({ address, name: null }));
    const first = createBinding("id@cf.example");
    await createCloudflareTransport(first).send(buildOutgoing({ bcc }));
    const [call] = first.calls;
    expect(call?.bcc).toEqual(["one@mail.example", "two@mail.example"]);
    expect(JSON.stringify({ ...call, bcc: undefined })).not.toContain("one@");

    const second = createBinding("id1@cf.example", "id2@cf.example");
    const result = await createCloudflareTransport(second).send(buildOutgoing({ bcc, withheld: ["bea@mail.example"] }));
    expect(result).toEqual({ kind: "sent", messageId: "id1@cf.example", refused: [] });
    expect(second.calls.map(({ to, bcc }) => [to, bcc])).toEqual([
      [["one@mail.example"], undefined],
      [["two@mail.example"], undefined],
    ]);
  });

  it("[A5] is unknown where delivery to one of several failed", async () => {
    const result = await createCloudflareTransport(createBinding(fail("E_DELIVERY_FAILED"))).send(buildOutgoing({ cc }));
    expect(result.kind).toBe("unknown");
  });

  it("[E30] [T15] never sees a mail that breaks out of a line", async () => {
    const binding = createBinding("id");
    expect(await createCloudflareTransport(binding).send(buildOutgoing({ subject: "a\r\nBcc: x@y" }))).toEqual({
      kind: "refused",
      reason: "The subject contains a line break.",
      code: "bad_header",
      isHard: false,
    });
    expect(binding.calls).toEqual([]);
  });
});

it("mails wait where no transport is configured", async () => {
  const transport = createUnavailableTransport("SMTP_URL is not a URL.");
  expect(await transport.send(buildOutgoing())).toEqual({ kind: "deferred", reason: "SMTP_URL is not a URL." });
});
