import { describe, expect, test } from "vitest";
import { htmlToLines } from "../../../worker/email/html-lines.ts";
import { TRANSCRIPT_CLASSES } from "../../../worker/email/reply-marker.ts";
import { stripQuotes, type StrippedMail } from "../../../worker/email/strip-quotes.ts";

function textOf(html: string): string {
  return htmlToLines(html)
    .map(({ text }) => text)
    .join("\n")
    .trim();
}

function strip(html: string): StrippedMail {
  return stripQuotes(htmlToLines(html), "Re: Order");
}

describe("HTML as text", () => {
  test.each([
    ["blocks are lines, paragraphs are apart", "<div>a</div><div>b</div><p>c</p><p>d</p>", "a\nb\n\nc\n\nd"],
    ["Outlook's paragraphs are lines", '<p class=MsoNormal>a</p><p class="MsoNormal">b</p>', "a\nb"],
    ["an empty line that a client draws with a break", "<div>a</div><div><br></div><div>b</div>", "a\n\nb"],
    ["white space is one space", "a \n\t b <b> c</b>", "a b c"],
    ["preformatted text keeps its lines", "<pre>a\n  b</pre>", "a\n  b"],
    ["lists", "<ul><li>a</li><li>b</li></ul><ol start=3><li>c</li><li>d</li></ol>", "- a\n- b\n\n3. c\n4. d"],
    ["cells", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"],
    ["character references", "&lt;b&gt; &amp; &eacute; &#8364; &#x20ac; a&nbsp;b &copy=1", "<b> & é € € a b &copy=1"],
    [
      "styles, scripts, comments and titles are no text",
      "<title>t</title><style>a{}</style><script>1<2</script><!-- x -->a",
      "a",
    ],
    ["emoji sent as images", '<img alt="😀" src=x> a <img alt="Our logo" src=y>', "😀 a"],
    ["block quotes get marks", "a<blockquote>b<blockquote>c</blockquote></blockquote>", "a\n> b\n>> c"],
    ["a less-than sign is no tag", "1 < 2 and 3 <4", "1 < 2 and 3 <4"],
    ["an attribute may hold a bracket", '<a title="a > b" href=x>link</a>', "link"],
  ])("%s", (_rule, html, text) => {
    expect(textOf(html)).toBe(text);
  });
});

const OLD = "<div>Old text</div>";

function quote(text: string): string {
  return `<blockquote class="gmail_quote">${text}</blockquote>`;
}

describe("what clients wrap around old mail", () => {
  test.each([
    `<div class="gmail_quote"><div class="gmail_attr">On x wrote:</div><blockquote class="gmail_quote">${OLD}</blockquote></div>`,
    `<div class="gmail_quote">${OLD}</div>`,
    `<div id="ydp1a2b3cyahoo_quoted_1234" class="ydp1a2b3cyahoo_quoted">${OLD}</div>`,
    `<div class="moz-cite-prefix">Ana wrote at noon:<br></div><blockquote type="cite">${OLD}</blockquote>`,
    `<hr><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Ana</div>${OLD}`,
    `<div id="appendonsend"></div><hr>${OLD}`,
    `<div class="protonmail_quote">Ana wrote<blockquote>${OLD}</blockquote></div>`,
    `<div class="zmail_extra"><div>---- Ana wrote ----</div>${OLD}</div>`,
    `<div id="mail-editor-reference-message-container">${OLD}</div>`,
    `<div name="messageReplySection">Ana wrote:${OLD}</div>`,
    `<span id="OLK_SRC_BODY_SECTION"><div>From: Ana</div>${OLD}</span>`,
    `<div class="${TRANSCRIPT_CLASSES}">${OLD}</div>`,
    `<div class="x_hilo-transcript">${OLD}</div>`,
    `<div style="border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal><b>From:</b> Ana &lt;ana@x.example&gt;<br><b>Sent:</b> Monday<br><b>To:</b> Lena<br><b>Subject:</b> Order</p></div>${OLD}`,
  ])("%s", (old) => {
    const html = `<html><body><div>My <b>answer</b>.</div>${old}</body></html>`;
    const stripped = strip(html);
    expect(stripped.text).toBe("My answer.");
    expect(stripped.quoted).toContain("Old text");
    expect(html.slice(0, stripped.htmlEnd ?? html.length)).toBe("<html><body><div>My <b>answer</b>.");
  });

  test.each([
    '<div class="gmail_signature">Lena<br>Harbor Ltd</div>',
    '<div id="Signature"><p>Lena</p></div>',
    '<div id="ms-outlook-mobile-signature">Get it</div>',
  ])("the signature %s", (signature) => expect(strip(`<div>My answer.</div>${signature}`).text).toBe("My answer."));

  test("answers between the block quotes of a container are the reply", () => {
    const { text, htmlEnd } = strip(
      `<div>See below.</div><div class="gmail_quote">On x wrote:${quote("First?")}<div>Yes.</div>${quote("Second?")}<div>No.</div>${quote("Rest")}</div>`,
    );
    expect(text).toContain("See below.");
    expect(text).toMatch(/> First\?\s+Yes\.\s+> Second\?\s+No\.$/);
    expect(htmlEnd).not.toBeNull();
  });

  test("an answer below the quote is the reply, and its HTML is the whole", () => {
    const stripped = strip(
      '<div class="moz-cite-prefix">On 2024-03-04 Ana wrote:</div><blockquote type="cite">Old text</blockquote><p>My answer.</p>',
    );
    expect([stripped.text, stripped.htmlEnd]).toEqual(["My answer.", null]);
  });
});
