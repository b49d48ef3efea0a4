import { describe, expect, test } from "vitest";
import { bareSubject, subjectKind } from "../../../worker/email/strip-quotes-forward.ts";
import { stripQuotesFromText } from "../../../worker/email/strip-quotes.ts";

const LENA = { address: "lena@harbor.example", name: "Lena Ortiz", subject: "Broken lamp" };

function block(from: string, date: string, to: string, subject: string): string {
  return `${from} Lena Ortiz <lena@harbor.example>\n${date} 4 2024 10:00\n${subject} Broken lamp\n${to} agent@shop.example`;
}

const FORWARDS: [string, string][] = [
  ["---------- Forwarded message ---------", block("From:", "Date:", "To:", "Subject:")],
  ["-------- Forwarded Message --------", block("From:", "Date:", "To:", "Subject:")],
  ["Begin forwarded message:\n", block("From:", "Date:", "To:", "Subject:")],
  ["---------- Mensaje reenviado ---------", block("De:", "Fecha:", "Para:", "Asunto:")],
  ["-------- Weitergeleitete Nachricht --------", block("Von:", "Datum:", "An:", "Betreff:")],
  ["-------- Message transféré --------", block("De :", "Date :", "Pour :", "Sujet :")],
  ["-------- Messaggio Inoltrato --------", block("Da:", "Data:", "A:", "Oggetto:")],
  ["---------- Doorgestuurd bericht ---------", block("Van:", "Datum:", "Aan:", "Onderwerp:")],
  ["-------- Mensagem encaminhada --------", block("De:", "Data:", "Para:", "Assunto:")],
  ["-------- Vidarebefordrat meddelande --------", block("Från:", "Datum:", "Till:", "Ämne:")],
  ["-------- Videresendt melding --------", block("Fra:", "Dato:", "Til:", "Emne:")],
  ["-------- Välitetty viesti --------", block("Lähettäjä:", "Päiväys:", "Vastaanottaja:", "Aihe:")],
  ["--- Treść przekazanej wiadomości ---", block("Nadawca:", "Data:", "Adresat:", "Temat:")],
  ["-------- Přeposlaná zpráva --------", block("Od:", "Datum:", "Komu:", "Předmět:")],
  ["-------- Preposlaná správa --------", block("Od:", "Dátum:", "Pre:", "Predmet:")],
  ["-------- Továbbított üzenet --------", block("Feladó:", "Dátum:", "Címzett:", "Tárgy:")],
  ["-------- Mesaj redirecționat --------", block("De la:", "Dată:", "Către:", "Subiect:")],
  ["-------- Перенаправленное сообщение --------", block("От:", "Дата:", "Кому:", "Тема:")],
  ["-------- Переслане повідомлення --------", block("Від:", "Дата:", "Кому:", "Тема:")],
  ["-------- İletilen İleti --------", block("Kimden:", "Tarih:", "Kime:", "Konu:")],
  ["-------- Proslijeđena poruka --------", block("Šalje:", "Datum:", "Prima:", "Naslov:")],
  ["---------- メッセージを転送 ---------", block("送信元：", "日付：", "送信先：", "件名：")],
];

describe("who wrote a forwarded mail", () => {
  test.each(FORWARDS)("under %s", (divider, headers) => {
    const stripped = stripQuotesFromText(
      `Please see below.\n\n${divider}\n${headers}\n\nThe lamp is broken.`,
      "Fwd: Broken lamp",
    );
    expect(stripped.forward?.from).toEqual(LENA);
    expect(stripped.forward?.body).toBe("The lamp is broken.");
    expect(stripped.text).toBe("Please see below.");
    expect(stripped.quoted).toContain("The lamp is broken.");
  });

  test("inside quote marks", () => {
    const text =
      "> Begin forwarded message:\n>\n> From: Lena Ortiz <lena@harbor.example>\n> Subject: Broken lamp\n> Date: 4 March 2024\n>\n> The lamp\n> is broken.";
    const stripped = stripQuotesFromText(text, "Fwd: Broken lamp");
    expect(stripped.forward?.from).toEqual(LENA);
    expect(stripped.forward?.body).toBe("The lamp\nis broken.");
    expect(stripped.text).toBe(text);
  });

  test("all headers on one line", () => {
    const line =
      '  ----- Forwarded Message ----- From: Lena Ortiz <lena@harbor.example>To: "a@b.example" <a@b.example>Sent: Monday, March 4, 2024, 10:00:00 AM GMT+1Subject: Broken lamp';
    expect(stripQuotesFromText(`${line}\n The lamp is broken.`, "Fw: Broken lamp").forward?.from).toEqual(LENA);
  });

  const bare = `See below.\n\n${block("From:", "Sent:", "To:", "Subject:")}\n\nThe lamp is broken.`;

  test("without a divider the subject tells a forward from an answer", () => {
    expect(stripQuotesFromText(bare, "FW: Broken lamp").forward?.from).toEqual(LENA);
    expect(stripQuotesFromText(bare, "RE: Broken lamp").forward).toBeNull();
    expect(stripQuotesFromText(bare, "RE: Broken lamp").text).toBe("See below.");
  });

  test("under *On … wrote:*, when the subject says so", () => {
    const text = 'On 04/03/2024 10:00, "Lena Ortiz" <lena@harbor.example> wrote:\n\n    The lamp is broken.';
    expect(stripQuotesFromText(text, "FW: Broken lamp").forward?.from).toEqual(LENA);
    expect(stripQuotesFromText(`Yes.\n\n${text}`, "Re: Broken lamp").forward).toBeNull();
  });

  test("an address is required", () => {
    const text = "---------- Forwarded message ---------\nFrom: Lena\nDate: today\nSubject: x\n\nHi";
    expect(stripQuotesFromText(text, "Fwd: x").forward).toBeNull();
  });

  test("a forward quoted inside an answer is none", () => {
    const text = `Ok.\n\nOn 2024-03-04 10:00, Ana wrote:\n> ---------- Forwarded message ---------\n> From: Lena <lena@harbor.example>\n> Subject: x\n>\n> Hi`;
    expect(stripQuotesFromText(text, "Re: x").forward).toBeNull();
  });
});

test("subject marks are known in many languages", () => {
  expect(["Fwd: a", "WG: a", "TR : a", "RV: a", "İLT: a", "転送: a"].map(subjectKind)).toEqual(
    Array.from({ length: 6 }, () => "forward"),
  );
  expect(["Re: a", "AW: a", "SV: a", "Odp: a", "Re[2]: a"].map(subjectKind)).toEqual(Array.from({ length: 5 }, () => "reply"));
  expect(["Order: a", "Hello", ""].map(subjectKind)).toEqual(["plain", "plain", "plain"]);
  expect(subjectKind(null)).toBe("unknown");
  expect(bareSubject("Re: Fwd: AW: Broken lamp: again")).toBe("Broken lamp: again");
});
