import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dropHiddenText } from "../../../worker/email/html-hidden.ts";
import { htmlToLines } from "../../../worker/email/html-lines.ts";
import { sanitiseMailHtml } from "../../../worker/email/html-mail.ts";
import { doAtOnce, Pace } from "../../../worker/email/pace.ts";
import { parseMail } from "../../../worker/email/parse.ts";
import {
  type ReadingBudget,
  SHOWN_HTML,
  SMALL_BUDGET,
  STEPS_PER_SLICE,
  WHOLE_BUDGET,
} from "../../../worker/email/reading-budget.ts";
import { HIDING, HTML } from "../../support/hostile-mail-pieces.ts";

const seenIn = (html: string): string => doAtOnce(dropHiddenText(html, WHOLE_BUDGET)).html;

const textOf = (html: string): string =>
  htmlToLines(seenIn(html))
    .map((line) => line.text)
    .join("\n");

const span = (style: string, text = "SECRET"): string => `<p>Hello <span style="${style}">${text}</span>Ana</p>`;

describe("[T12] text that the sender's reader does not see", () => {
  it.each([
    ["display:none", span("display:none")],
    ["display: NONE !important", span("DISPLAY: None !important; display:block")],
    ["visibility:hidden", span("visibility:hidden")],
    ["opacity:0", span("opacity:0")],
    ["opacity:.01", span("color:#000;opacity:.01")],
    ["opacity in per cent", span("opacity:0%")],
    ["a font of one pixel", span("font-size:1px")],
    ["a font of nothing", span("font-size:0")],
    ["a font of nothing, in short", span("font:0/0 a")],
    ["a font of a tenth", span("font-size:.1em")],
    ["a small font inside a font of nothing", span("font-size:0", '<b style="font-size:2em">SECRET</b>')],
    ["no height", span("max-height:0")],
    ["no height, cut off", span("height:0;overflow:hidden")],
    ["one pixel, cut off", span("width:1px;height:1px;overflow:hidden")],
    ["Outlook's own", span("mso-hide:all")],
    ["white on white", '<td bgcolor="#ffffff"><font color="white">SECRET</font>Hello Ana</td>'],
    ["white on white without its mark", '<td bgcolor="ffffff"><font color="ffffff">SECRET</font>Hello Ana</td>'],
    ["nearly white on white", `<div style="background:#fff"><i style="color:#fefefe">SECRET</i>Hello Ana</div>`],
    ["black on black by different words", `<p style="background-color:rgb(0,0,0)">Hello <b style="color:#000">SECRET</b>Ana</p>`],
    ["in no colour", span("color:transparent")],
    ["in a colour that nobody sees", span("color:rgba(0, 0, 0, 0)")],
    ["far to the left", span("position:absolute;left:-9999px")],
    ["far above", span("margin-top:-1000px")],
    ["far out by its indent", span("text-indent:-999em")],
    ["clipped away", span("position:absolute;clip:rect(0 0 0 0)")],
    ["clipped away, newer", span("clip-path:inset(50%)")],
    ["scaled to nothing", span("transform:scale(0)")],
    ["a font in powers of ten", span("font-size:1e-3px")],
    ["a font that is a share of the window", span("font-size:0.001vw")],
    ["a font that is a share of a letter", span("font-size:.1ch")],
    ["a font that is computed", span("font-size:calc(0px)")],
    ["a font that is the smallest of some", span("font-size:min(20px, calc(1em * 0))")],
    ["a font between two", span("font-size:clamp(0px, 5vw, 1px)")],
    ["a font of nothing, in short, with a weight", span("font:400 0px/0 a")],
    ["a font of nothing, in short, after one", span("font-size:14px;font:0/0 a")],
    ["a font of nothing, and what is none", span("font-size:0;font-size:bogus")],
    ["small in small, often", span("", "<small>".repeat(20) + "SECRET" + "</small>".repeat(20))],
    ["smaller in smaller", span("", `${'<b style="font-size:smaller">'.repeat(12)}SECRET${"</b>".repeat(12)}`)],
    ["a share of a share", span("font-size:30%", '<b style="font-size:.5em">SECRET</b>')],
    ["letters in one place", span("letter-spacing:-1em")],
    ["letters in one place, in pixels", span("font-size:20px;letter-spacing:-10px")],
    ["lines of no height, cut off", span("line-height:0;overflow:hidden")],
    ["opacity in powers of ten", span("opacity:1e-3")],
    ["opacity less than none", span("opacity:-1")],
    ["a share of opacity", span("opacity:.2", '<b style="opacity:.2">SECRET</b>')],
    ["filtered away", span("filter:opacity(0)")],
    ["filtered away in per cent", span("filter:blur(0) opacity(1%)")],
    ["zoomed to nothing", span("zoom:.01")],
    ["zoomed to nothing in per cent", span("zoom:1%")],
    ["scaled to nearly nothing", span("transform:rotate(0) scale(1, 1e-3)")],
    ["scaled by itself", span("scale:.01")],
    ["a value with escapes", span("display:no\\6e e")],
    ["a property with escapes", span("d\\69splay:\\4e ONE")],
    ["a value with a comment", span("display:/* ; */none")],
    ["a property behind a comment", span("/*;*/display:none")],
    ["a property behind what ends a comment", span("/**/*;display:none")],
    ["a style in references", span("display&colon;n&#0000000000111;ne")],
    ["display, and what is none", span("display:none;display:bogus")],
    ["a style behind a slash", '<p>Hello <span/style="display:none">SECRET</span>Ana</p>'],
    ["a style behind many spaces", '<p>Hello <span style          = "display:none">SECRET</span>Ana</p>'],
    ["a style behind words about one", `<p>Hello <span title=" style='color:red' >" style="display:none">SECRET</span>Ana</p>`],
    ["a style behind a quote that has a space", '<p>Hello <span title= ">" style="display:none">SECRET</span>Ana</p>'],
    ["a style behind a long title", `<p>Hello <span title="${"x".repeat(2_500)}" style="display:none">SECRET</span>Ana</p>`],
    ["in no colour, in other words", span("color:hsla(0, 0%, 0%, 1e-3)")],
    ["the attribute for it", "<p>Hello <span hidden>SECRET</span>Ana</p>"],
    ["what is in it", span("display:none", "<b>SEC</b><i>RET</i><img src=x alt='🙈'><br>")],
    ["a cell that says nothing of its end", "<table><tr><td style='display:none'>SECRET<td>Hello Ana</table>"],
    ["a paragraph that says nothing of its end", "<p style='display:none'>SECRET<p>Hello Ana"],
    ["an item that says nothing of its end", "<ul><li style='display:none'>SECRET<li>Hello Ana</ul>"],
  ])("%s", (_name, html) => {
    expect(
      textOf(html)
        .replace(/^- +(?=\S)/m, "")
        .trim(),
    ).toBe("Hello Ana");
    // The HTML view shows the same.
    expect(sanitiseMailHtml(seenIn(html))?.html).not.toMatch(/SECRET|SEC|🙈/u);
  });

  it.each([
    ["bold", span("font-weight:bold", "seen ")],
    ["small print", span("font-size:9px", "seen ")],
    ["a font of its own inside a font of nothing", '<td style="font-size:0"><p style="font-size:14px">Hello seen Ana</p></td>'],
    ["shown again", '<p style="visibility:hidden"><b style="visibility:visible">Hello seen Ana</b></p>'],
    ["white on a colour", '<td style="background:#1f3d2b;color:#fff">Hello seen Ana</td>'],
    ["white on a picture", '<td bgcolor="#ffffff" background="a.png" style="color:#fff">Hello seen Ana</td>'],
    [
      "white on a picture in a white page",
      '<body bgcolor="#fff"><td style="background:url(a.png);color:#fff">Hello seen Ana</td>',
    ],
    [
      "white on white where rules may say otherwise",
      '<style>.a{background:#000}</style><div style="background:#fff"><p class="a" style="color:#fff">Hello seen Ana</p></div>',
    ],
    ["white on what nobody has coloured", '<p style="color:#fff">Hello seen Ana</p>'],
    [
      "a link in a box of its colour",
      '<div style="background:#fff;color:#fff"><a href="https://a.example">Hello seen Ana</a></div>',
    ],
    ["a box of no height that is not cut off", '<div style="height:0">Hello seen Ana</div>'],
    ["a box that is cut off at some height", '<div style="max-height:300px;overflow:hidden">Hello seen Ana</div>'],
    ["a little to the left", '<p style="margin-left:-20px">Hello seen Ana</p>'],
    ["scaled a little", '<p style="transform:scale(0.9)">Hello seen Ana</p>'],
    ["small print in small print", '<p><small><small style="font-size:80%">Hello seen Ana</small></small></p>'],
    ["a font that grows with the window", '<p style="font-size:clamp(12px, 2vw, 18px)">Hello seen Ana</p>'],
    [
      "a font of its own inside a font of nothing, in an attribute",
      '<td style="font-size:0"><font size="2">Hello seen Ana</font></td>',
    ],
    ["letters a little closer", '<p style="letter-spacing:-.04em">Hello seen Ana</p>'],
    ["letters at their places again", '<p style="letter-spacing:-1em"><b style="letter-spacing:normal">Hello seen Ana</b></p>'],
    ["lines of no height that are not cut off", '<p style="line-height:0">Hello seen Ana</p>'],
    [
      "lines of some height in a box without",
      '<p style="line-height:0;overflow:hidden"><b style="line-height:1">Hello seen Ana</b></p>',
    ],
    ["an exponent in a box that cuts off", '<p style="overflow:hidden">Hello <sup style="line-height:0">seen</sup> Ana</p>'],
    ["no zoom", '<p style="zoom:0">Hello <b style="zoom:1">seen</b> Ana</p>'],
    ["black in other words", '<p style="color:hsl(0, 0%, 0%)">Hello seen Ana</p>'],
    ["what is hidden in a comment", '<p style="/*display:none;*/color:#333">Hello seen Ana</p>'],
    ["words about it", '<p title="a hidden one" style="overflow: hidden ">Hello seen Ana</p>'],
    ["after what was hidden", '<div style="display:none"><p>x</p></div><p>Hello seen Ana</p>'],
    ["after a cell that was hidden", "<table><tr><td style='display:none'><p>x<tr><td>Hello seen Ana</table>"],
  ])("not %s", (_name, html) => {
    expect(textOf(html).trim()).toBe("Hello seen Ana");
  });

  it.each(["font-size:0", "line-height:0;overflow:hidden", "letter-spacing:-1em"])(
    "no picture is hidden by its font: %s",
    (style) => {
      expect(seenIn(`<p>Hello Ana</p><div style="${style}"><img src="a.png"></div>`)).toContain("<img");
    },
  );

  it.each([
    ["in a font that the window decides", '<b style="font-size:0;font-size:5vw">SEEN</b>', 'style="font-size:0;font-size:50px"'],
    ["in a font that is computed", '<b style="font:calc(.5em + 1px)/1 a">SEEN</b>', 'style="font-size:9px"'],
    ["in a font without a unit", '<b style="font-size:0;font-size:12">SEEN</b>', 'style="font-size:0;font-size:12px"'],
    ["in a font in short that browsers skip", '<b style="font:0/0 a;font:x 12px a">SEEN</b>', ";font:x 12px a;font-size:12px"],
    ["in letters that a share of the window moves", '<b style="letter-spacing:-.7vw">SEEN</b>', "<b>SEEN</b>"],
    ["in a comment that is none", '<b style="display:block;x:url(/*);display:none;x:url(*/)">SEEN</b>', "<b>SEEN</b>"],
    ["in words that are moved", '<b style="word-spacing:-9999px">SEEN</b>', "<b>SEEN</b>"],
    ["in a line that is moved far", '<b style="text-indent:-999em;text-indent:1vw">SEEN</b>', "<b>SEEN</b>"],
    ["behind more than is looked at", `<b title="${"x".repeat(9_000)}" style="display:none">SEEN</b>`, 'xxx">SEEN</b>'],
  ])("what is seen as text is seen in the frame: %s", (_name, html, shown) => {
    expect(textOf(`<p>font ${html}</p>`)).toContain("SEEN");
    expect(sanitiseMailHtml(seenIn(`<p>font ${html}</p>`))?.html).toContain(shown);
  });

  it("is all there is: then it is shown, for a mail must not vanish", () => {
    const html = '<div style="display:none">Please call me</div><p> </p>';
    expect(seenIn(html)).toBe(html);
  });

  it("is put into a word that one sees: the word is read as it is seen", () => {
    expect(textOf('<p>www.ba<span style="font-size:0">xyz</span>nk.example</p>')).toBe("www.bank.example");
  });

  it("goes, and nothing else does: what is left is the mail without it, whatever the pieces", () => {
    const piece = fc.constantFrom(
      ..."<p>|</p>|<td>|<div style='display:none'>|<b style=font-size:0>|</b>|</div>|text|&lt;|<|>|\"|'|=|<img src=x>|<br>| hidden|style|<!--|-->".split(
        "|",
      ),
    );
    const property = fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const html = pieces.join("");
      const left = seenIn(html);
      let at = 0;
      for (const char of left) {
        at = html.indexOf(char, at) + 1;
        expect(at).toBeGreaterThan(0);
      }
    });
    fc.assert(property, { seed: 12, numRuns: 2_000 });
  });
});

const repeat = (piece: string, length: number): string => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
const mailOf = (html: string): Uint8Array =>
  new TextEncoder().encode(`From: ana@x.example\r\nSubject: Hello\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${html}`);
/** A style may be longer than what is looked at for hiding. */
const LONG_GROUND = `<p style="background:rgb(1${" ".repeat(1_900)}1${" ".repeat(1_900)}x)">x`;
const budgets: [name: string, budget: ReadingBudget][] = [
  ["whole", WHOLE_BUDGET],
  ["small", SMALL_BUDGET],
];

describe("[T19] hidden text is looked for in counted slices, and not without end", () => {
  it("counts tags and texts by their length", async () => {
    const stepsOf = async (html: string): Promise<number> => {
      const pace = new Pace({ rest: () => Promise.resolve() });
      await pace.do(dropHiddenText(`<p hidden>x</p>${html}`, WHOLE_BUDGET));
      return pace.steps;
    };
    const few = await stepsOf("<b>x".repeat(100));
    expect(await stepsOf(`<b>${"x".repeat(4_000)}`.repeat(100))).toBeGreaterThan(few + 100 * 75);
    expect(await stepsOf(`<b style="${"a:b;".repeat(480)}">x`.repeat(100))).toBeGreaterThan(few + 100 * 45);
  });

  it.each([...HIDING, LONG_GROUND])("cleaning such values for the screen ends as well: %s", (piece) => {
    const whole = piece.repeat(Math.floor(SHOWN_HTML.length / piece.length));
    expect(sanitiseMailHtml(whole, SHOWN_HTML)?.html ?? "").not.toMatch(/style="[^"]*rgb\(1 {2}/);
  });

  describe.each(budgets)("with the %s budget", (_name, budget) => {
    /** What one step is worth: about two characters of the smallest tags, with another 1,000 for what is done once. */
    const stepsMax = (length: number): number => length / 2 + 1_000;

    it.each([...HTML, ...HIDING])("rests after each slice: %s", async (piece) => {
      // The first word is enough for the whole to be looked at.
      const html = repeat(piece, budget.htmlBytes - 10).padStart(budget.htmlBytes, "hidden ");
      const pace = new Pace({ rest: () => Promise.resolve() });
      await pace.do(dropHiddenText(html, budget));
      expect(pace.longestSlice).toBeLessThan(STEPS_PER_SLICE * 1.2);
      expect(pace.steps).toBeLessThan(stepsMax(html.length));
    });

    it("finds it up to the last tag that is read", () => {
      const before = "<b>x</b>".repeat((budget.tags - 10) / 2);
      const { html, end } = doAtOnce(dropHiddenText(before + span("display:none"), budget));
      expect(html).not.toContain("SECRET");
      expect(end).toBe(html.length);
    });

    it("leaves what is beyond as it is, and says how far it came", () => {
      const before = "<b>x</b>".repeat(budget.tags / 2 - 3);
      const html = `${before}${span("display:none")}${"<b>y</b>".repeat(10)}${span("display:none", "BEYOND")}`;
      const seen = doAtOnce(dropHiddenText(html, budget));
      expect(seen.html).not.toContain("SECRET");
      expect(seen.html).toContain("BEYOND");
      expect(html.endsWith(seen.html.slice(seen.end))).toBe(true);
      expect(seen.html.slice(0, seen.end)).not.toContain("BEYOND");
    });

    it("makes no text of what it has not looked at: that counts as left out", async () => {
      // What is taken out would make room for tags that nobody has looked at.
      const before = `<p>Hello Ana</p><div style="display:none">${"<br>".repeat(budget.tags - 100)}</div>`;
      const mail = await parseMail(mailOf(`${before}${"<b>y</b>".repeat(100)}${span("display:none", "BEYOND")}`), { budget });
      expect(mail.text).toMatch(/^Hello Ana\s*y/);
      expect(mail.text).not.toContain("BEYOND");
      expect(mail.leftOut).toEqual([{ kind: "html", count: expect.any(Number) }]);
    });

    it("reads a mail without it, and keeps the whole for what looks for addresses", async () => {
      const mail = await parseMail(mailOf(span("display:none")), { budget });
      expect(mail).toMatchObject({
        text: "Hello Ana",
        html: '<p>Hello <span style="display:none"></span>Ana</p>\n',
        leftOut: [],
      });
      expect(mail.fullHtml).toContain("SECRET");
    });
  });
});
