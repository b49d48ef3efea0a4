import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toSpanish } from "../../../web/inbox/i18n/mail-reasons-es.ts";
import { explainRefusal } from "../../../worker/email/smtp-reply.ts";
import { validateOutgoing } from "../../../worker/email/validate-outgoing.ts";
import { buildOutgoing } from "../email-out/build-outgoing.ts";

const FILES = [
  "smtp-reply",
  "smtp-session",
  "smtp-url",
  "send-smtp",
  "send-cloudflare",
  "cloudflare-mail-errors",
  "validate-outgoing",
  "deliver",
  "mail-total",
  "recipients",
  "delivery-events",
  "match-conversation",
  "match-aside",
  "match-outsiders",
  "take-up",
].map((name) => `../../../worker/email/${name}.ts`);

/** Every sentence that is written in the code: it begins with a capital and ends with a full stop. */
function sentencesIn(file: string): string[] {
  const code = readFileSync(new URL(file, import.meta.url), "utf8");
  return [...code.matchAll(/"([A-Z][^"\n]*\.)"/g)].map(([, sentence = ""]) => sentence);
}

describe("what the server says about mails, in Spanish", () => {
  test.each(FILES)("every sentence of %s", (file) => {
    const sentences = sentencesIn(file);
    expect(sentences.length).toBeGreaterThan(0);
    expect(sentences.filter((sentence) => toSpanish(sentence) === sentence)).toEqual([]);
  });

  test.each([550, 552, 535, 554, 451])("what a server's %i means, with its own words as they are", (code) => {
    for (const lines of [["no way, José"], ["5.2.2 over quota"], []]) {
      const { reason } = explainRefusal({ code, lines }, "recipient");
      const spanish = toSpanish(reason);
      expect(spanish).not.toBe(reason);
      expect(spanish).toContain(lines[0] ?? "");
      expect(spanish).not.toMatch(/said|mail(box)? |This/);
    }
  });

  test("what is wrong with a mail", () => {
    const person = (address: string) => ({ address, name: null });
    const wrong = [
      { to: [person("not an address")] },
      { cc: Array.from({ length: 50 }, (_, n) => person(`p${n}@x.test`)) },
      { headers: { Bcc: "x" } },
      { headers: { "X-A": "" } },
      { headers: { "X-A": "x".repeat(3_000) } },
      { attachments: [{ name: "a\nb", type: "text/plain", content: new Uint8Array() }] },
      { attachments: [{ name: "a", type: "text", content: new Uint8Array() }] },
      { attachments: [{ name: "a", type: "text/plain", content: new Uint8Array(6_000_000) }] },
      { to: [{ address: "a@x.test", name: "a\nb" }] },
    ];
    for (const over of wrong) {
      const check = validateOutgoing(buildOutgoing(over));
      if (check.kind === "ok") throw new Error("it is not wrong");
      expect(toSpanish(check.reason)).not.toBe(check.reason);
    }
  });

  test.each([
    ["This sender sent more than 20 mails within 10 minutes.", "Este remitente envió más de 20 correos en 10 minutos."],
    ["An agent forwarded a mail of vera@x.test.", "Un agente reenvió un correo de vera@x.test."],
    [
      "It says that an agent forwarded a mail of vera@x.test; not verified.",
      "Dice que un agente reenvió un correo de vera@x.test; sin verificar.",
    ],
    ["Somebody wrote through the form no-reply@x.test.", "Alguien escribió a través del formulario no-reply@x.test."],
    ["This form sent more than 60 mails within an hour.", "Este formulario envió más de 60 correos en una hora."],
    ["Filtered by Ana Ruiz.", "Filtrado por Ana Ruiz."],
    ["It could not be taken up after 5 tries.", "No se pudo procesar tras 5 intentos."],
  ])("what became of a mail: %s", (english, spanish) => expect(toSpanish(english)).toBe(spanish));

  test("sentences in sentences, and what nobody knows", () => {
    expect(toSpanish("gave up after 12 tries: This mailbox is full. It said: 5.2.2 over quota")).toBe(
      "abandonado tras 12 intentos: Este buzón está lleno. Respondió: 5.2.2 over quota",
    );
    expect(toSpanish("The mail came back. The other server said: 550 no")).toBe("El correo fue devuelto. Respondió: 550 no");
    expect(toSpanish("An unverified report says: This mailbox is full. It said: 5.2.2 over quota")).toBe(
      "Un aviso sin verificar dice: Este buzón está lleno. Respondió: 5.2.2 over quota",
    );
    expect(toSpanish("Mail cannot be sent: SMTP_URL is not a URL.")).toBe("No se puede enviar correo: SMTP_URL no es una URL.");
    expect(toSpanish("550 5.1.1 No such user")).toBe("550 5.1.1 No such user");
  });
});
