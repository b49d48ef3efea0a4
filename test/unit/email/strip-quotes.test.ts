import { describe, expect, test } from "vitest";
import { isReplyMarkerLine, REPLY_ABOVE_LINE } from "../../../worker/email/reply-marker.ts";
import { stripQuotesFromText } from "../../../worker/email/strip-quotes.ts";

const REPLY = "My answer.\nSecond line.";

function textOf(text: string): string {
  return stripQuotesFromText(text, "Re: Order").text;
}

/** Lines that mail clients write above the mail that is answered. */
const INTRODUCTIONS = [
  "On Mon, Mar 4, 2024 at 10:00 AM Ana Ruiz <ana@shop.example> wrote:",
  "On Mon, Mar 4, 2024 at 10:00 AM Ana Ruiz with a very long name <\nana@shop.example> wrote:",
  "On Mar 4, 2024, at 10:00, Ana Ruiz\n<ana@shop.example>\nwrote:",
  "On Mon, Mar 04, 2024 at 10:00:00AM +0100, Ana wrote:",
  "On 4 Mar 2024, 10:00 +0100, Ana <ana@shop.example>, wrote:",
  "Ana <ana@shop.example> writes:",
  "---- On Mon, 04 Mar 2024 10:00:00 +0100 Ana <ana@shop.example> wrote ----",
  "El lun, 4 mar 2024 a las 10:00, Ana Ruiz (<ana@shop.example>) escribió:",
  "Am Mo., 4. März 2024 um 10:00 Uhr schrieb Ana <ana@shop.example>:",
  "Am 04.03.24 um 10:00 schrieb Ana Ruiz:",
  "Le lun. 4 mars 2024 à 10:00, Ana <ana@shop.example> a écrit :",
  "Il giorno lun 4 mar 2024 alle ore 10:00 Ana <ana@shop.example>\nha scritto:",
  "Op ma 4 mrt 2024 om 10:00 schreef Ana <ana@shop.example>:",
  "Em seg., 4 de mar. de 2024 às 10:00, Ana <ana@shop.example> escreveu:",
  "man. 4. mar. 2024 kl. 10.00 skrev Ana <ana@shop.example\n>:",
  "Ana kirjoitti 4.3.2024 klo 10.00:",
  "W dniu 4.03.2024 o 10:00, Ana pisze:",
  "po 4. 3. 2024 v 10:00 odesílatel Ana <ana@shop.example> napsal:",
  "Ana ezt írta (időpont: 2024. márc. 4., H, 10:00):",
  "пн, 4 мар. 2024 г. в 10:00, Ana <ana@shop.example>:",
  "Ana <ana@shop.example>, 4 Mar 2024 Pzt, 10:00 tarihinde şunu yazdı:",
  "2024年3月4日(月) 10:00 Ana <ana@shop.example>:",
  "Ana <ana@shop.example> 于2024年3月4日周一 10:00写道：",
  "2024년 3월 4일 (월) 오전 10:00, Ana <ana@shop.example>님이 작성:",
  "\u202bבתאריך יום ב׳, 4 במרץ 2024 ב-10:00 מאת \u202aAna\u202c\u200f <\u202aana@shop.example\u202c\u200f>:\u202c",
  "-----Original Message-----\nFrom: Ana Ruiz\nSent: Monday, March 4, 2024 10:00 AM\nTo: Lena\nSubject: Order",
  "________________________________\nFrom: Ana <ana@shop.example>\nSent: Monday, March 4, 2024 10:00\nTo: Lena\nSubject: Order",
  "De: Ana <ana@shop.example>\nEnviado el: lunes, 4 de marzo de 2024 10:00\nPara: Lena\nAsunto: Pedido",
  "*Von:* Ana [mailto:ana@shop.example]\n*Gesendet:* Montag, 4. März 2024 10:00\n*An:* Lena\n*Betreff:* Bestellung",
  "差出人: Ana <ana@shop.example>\n送信日時: 2024年3月4日 10:00\n宛先: Lena\n件名: 注文",
  "-------- Original message --------From: Ana <ana@shop.example> Date: 04/03/2024  10:00  (GMT+01:00) To: lena@x.example Subject: Hi",
  REPLY_ABOVE_LINE.en,
  REPLY_ABOVE_LINE.es,
];

describe("what is folded away", () => {
  test.each(INTRODUCTIONS)("a quote below: %s", (introduction) => {
    for (const quote of ["\n> Old text\n>\n> more", "\n\nOld text"]) {
      const stripped = stripQuotesFromText(`${REPLY}\n\n${introduction}${quote}`, "Re: Order");
      expect(stripped.text).toBe(REPLY);
      expect(stripped.quoted).toContain("Old text");
    }
  });

  test.each([
    "-- \nLena Ortiz\nHarbor Ltd",
    "--\nLena",
    "Sent from my iPhone",
    "Enviado desde mi iPhone",
    "Von meinem iPhone gesendet",
    "Get Outlook for iOS<https://example.com/x>",
    "iPhoneから送信",
    "Best regards,\nLena Ortiz\nHead of Sales\n+34 600 000 000",
    "Mit freundlichen Grüßen\n\nLena Ortiz\nVertrieb",
    "_______________________________________________\nusers mailing list\nusers@lists.example\nhttps://lists.example/listinfo/users",
  ])("the signature: %s", (signature) => {
    expect(textOf(`${REPLY}\n\n${signature}\n`)).toBe(REPLY);
  });

  test("a quote without any introduction at the end", () => {
    expect(textOf(`${REPLY}\n\n> Old text\n> more\n`)).toBe(REPLY);
  });

  test("a quote above, answered below", () => {
    expect(textOf(`On 2024-03-04 10:00, Ana wrote:\n> Old text\n\n${REPLY}`)).toBe(REPLY);
  });

  test("the wrapped end of a quoted line", () => {
    const long = "> This line was so long that a relay broke it into two, and the second";
    expect(textOf(`${REPLY}\n\nOn 2024-03-04 10:00, Ana wrote:\n${long}\npart has no mark\n> more`)).toBe(REPLY);
  });
});

describe("what stays", () => {
  test.each([
    "On Monday I wrote to Ana about the 5 May 2024 order.",
    "On the other hand, this works.",
    "From: Madrid\nTo: Rome\nDate: 5 May",
    "We agreed:\n- one\n- two",
    "-- first point\n-- second point",
    "Price\n-----\n10 EUR",
    "Best,\nLena",
    "Regards,\nLena",
    "Regards to your family!",
    "Sent from my old office, the parcel is lost.",
    "Subject: none of your business",
    "I get this error: foo@bar.example wrote too much",
    "Here is one -- this is no signature.",
  ])("ordinary text: %s", (text) => {
    const whole = `Hello,\n\n${text}`;
    expect(stripQuotesFromText(whole, "Order")).toMatchObject({ text: whole, quoted: "" });
    expect(textOf(`${whole}\n\nplease help me.`)).toBe(`${whole}\n\nplease help me.`);
  });

  test("answers between quotes, together with the quotes", () => {
    const inline = "> First question?\n\nYes.\n\n> Second question?\n\nNo.";
    expect(textOf(`${inline}\n\n> Third thing`)).toBe(inline);
  });

  test("answers without empty lines between the quotes", () => {
    const inline = "> Could you please tell me whether the blue lamp works on your desk?\nYes it does.\n> And the red one?\nNo.";
    expect(textOf(inline)).toBe(inline);
  });

  test("a quote picked by hand in the middle", () => {
    const text = "I see this:\n\n> error 42\n\nWhat does it mean?";
    expect(textOf(text)).toBe(text);
  });

  test("[E10] everything, where nothing else would be left", () => {
    const onlyQuote = "On 2024-03-04 10:00, Ana wrote:\n> Old text";
    expect(stripQuotesFromText(onlyQuote, "Re: Order")).toMatchObject({ text: onlyQuote, quoted: "" });
    expect(textOf("--\nLena")).toBe("--\nLena");
    expect(textOf("")).toBe("");
  });
});

test("our rule line is known whatever a client made of its dashes", () => {
  expect(isReplyMarkerLine("--  Please reply above this line --")).toBe(true);
  expect(isReplyMarkerLine("please reply above this line, I said")).toBe(false);
});
