import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { htmlToLines } from "../../../worker/email/html-lines.ts";
import { LINES_MAX } from "../../../worker/email/mail-line.ts";
import { stripQuotes, stripQuotesFromText } from "../../../worker/email/strip-quotes.ts";

const HOSTILE_LENGTH = 2_000_000; // characters

function fill(piece: string): string {
  return piece.repeat(Math.ceil(HOSTILE_LENGTH / piece.length)).slice(0, HOSTILE_LENGTH);
}

const line = fc.oneof(
  fc.constantFrom(
    "",
    "> old",
    ">> older",
    "-- ",
    "--",
    "On 2024-03-04 10:00, Ana <ana@x.example> wrote:",
    "On Mon, 4 Mar 2024",
    "From: Ana <ana@x.example>",
    "Subject: x",
    "To: b@x.example",
    "-----Original Message-----",
    "---------- Forwarded message ---------",
    "________________",
    "Regards,",
    "Sent from my iPhone",
    "hello there",
  ),
  fc.string({ maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, " ")),
);
const body = fc.array(line, { maxLength: 25 }).map((lines) => lines.join("\n"));
const words = (text: string): string[] => text.split(/\s+/).filter(Boolean).sort();

describe("whatever the mail", () => {
  test("[E10] nothing is lost: every word is in the reply or in the folded part", () => {
    fc.assert(
      fc.property(body, fc.constantFrom(null, "", "Re: x", "Fwd: x"), (text, subject) => {
        const stripped = stripQuotesFromText(text, subject);
        expect(words(`${stripped.text}\n${stripped.quoted}`)).toEqual(words(text));
      }),
      { seed: 7, numRuns: 1_000 },
    );
  });

  test("[E10] something is shown where there is something", () => {
    fc.assert(
      fc.property(body, (text) => {
        expect(stripQuotesFromText(text, "Re: x").text === "").toBe(text.replace(/[\s\ufeff]/g, "") === "");
      }),
      { seed: 8, numRuns: 1_000 },
    );
  });

  test("text above an introduced quote is the reply, exactly", () => {
    const paragraph = fc
      .array(fc.constantFrom("yes", "no", "the lamp", "is blue", "ok"), { minLength: 1, maxLength: 8 })
      .map((list) => list.join(" "));
    fc.assert(
      fc.property(fc.array(paragraph, { minLength: 1, maxLength: 6 }), fc.array(paragraph, { maxLength: 20 }), (own, old) => {
        const reply = own.join("\n\n");
        const quote = ["On 2024-03-04 10:00, Ana <ana@x.example> wrote:", ...old.map((text) => `> ${text}`)].join("\n");
        expect(stripQuotesFromText(`${reply}\n\n${quote}`, "Re: x").text).toBe(reply);
      }),
      { seed: 9 },
    );
  });

  test("HTML of any kind gives lines, never an error", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "<div>",
        "</div>",
        "<p>",
        "<br>",
        "<blockquote>",
        "</blockquote>",
        '<div class="gmail_quote">',
        "<!--",
        "-->",
        "<a b='",
        "&amp;",
        "<style>",
        "<",
      ),
      fc.string({ maxLength: 10 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const html = pieces.join("");
        for (const { htmlEnd } of htmlToLines(html)) expect(htmlEnd).toBeLessThanOrEqual(html.length);
      }),
      { seed: 10, numRuns: 500 },
    );
  });
});

describe("[E11] hostile mails end", () => {
  test.each([
    "\n",
    ">",
    ">\n",
    " ",
    "On ",
    "On \n",
    "On 2024 \n",
    "From: a@b.c\n",
    "From: a@b.c\nTo\n",
    "--\n",
    "-",
    "_",
    "a@b ",
    "<",
    "wrote:\n",
    "x\n> y\n",
    "Regards,\n",
  ])("2 MB of %j", (piece) => {
    const { text, quoted } = stripQuotesFromText(fill(piece), "Re: x");
    expect(text.length + quoted.length).toBeLessThanOrEqual(HOSTILE_LENGTH + LINES_MAX);
  });

  test.each([
    "<",
    "<a ",
    '<a "',
    '<a b="',
    "<div>",
    "</div>",
    "<!--",
    "<style>",
    "&",
    "<br>",
    "<blockquote>",
    '<div class="gmail_quote">',
    "<title>",
    "</",
    "<b>x</b> ",
  ])("2 MB of the HTML %j", (piece) => {
    const lines = htmlToLines(fill(piece));
    expect(lines.length).toBeLessThanOrEqual(LINES_MAX);
    expect(stripQuotes(lines, "").text.length).toBeLessThanOrEqual(HOSTILE_LENGTH + LINES_MAX);
  });
});
