import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HTML_LINKS_MAX, HTML_TAGS_MAX, sanitiseMailHtml } from "../../../worker/email/html-mail.ts";
import { sanitiseStyle } from "../../../worker/email/html-styles.ts";

function sanitise(html: string): string {
  return sanitiseMailHtml(html)?.html ?? "null";
}

describe("[E34] [T12] HTML of a mail", () => {
  it.each([
    ["scripts", "a<script>alert(1)</script>b", "ab"],
    ["style elements", "<style>p{position:fixed}</style><p>x</p>", "<p>x</p>"],
    ["the head", "<html><head><title>T</title></head><body>x</body></html>", "x"],
    ["forms, but not their text", "<form action=//evil><p>x</p><input name=a><button>Go</button></form>", "<p>x</p>"],
    ["svg and math", "a<svg><a href=x><text>t</text></a></svg><math><mi>m</mi></math>b", "ab"],
    ["frames and objects", '<iframe src="x">y</iframe><object data=x>z</object><embed src=x>', ""],
    ["handlers, ids and classes", '<p onclick="x()" id=a class=b name=c>x</p>', "<p>x</p>"],
    ["comments", "a<!--[if mso]><p>x</p><![endif]-->b", "ab"],
    ["meta and base", '<meta http-equiv=refresh content="0;url=//evil"><base href="//evil"><link rel=x href=y>x', "x"],
    [
      "backgrounds",
      '<table background="https://t.example/x.gif"><tr><td background="y">x</td></tr></table>',
      "<table><tr><td>x</td></tr></table>",
    ],
    ["the sender's own data attributes", '<p data-remote-src="x" data-cid="y">x</p>', "<p>x</p>"],
    ["video and its sources", '<video poster="https://t.example/p"><source src="https://t.example/v">x</video>', "x"],
  ])("loses %s", (_name, html, safe) => {
    expect(sanitise(html)).toBe(safe);
  });

  it("keeps how it is laid out", () => {
    const html = '<table width="600" cellpadding="0"><tr><td align="center" style="color:#333;padding:0 4px">x</td></tr></table>';
    expect(sanitise(html)).toBe(html);
  });

  it("waits with remote images until a click", () => {
    expect(
      sanitiseMailHtml(
        '<img src="https://t.example/a.gif?x=1&amp;y=2" srcset="https://t.example/b 2x" width=1 alt="A"><img src="//t.example/c">',
      ),
    ).toEqual({
      html: '<img width="1" alt="A" data-remote-src="https://t.example/a.gif?x=1&amp;y=2" /><img data-remote-src="https://t.example/c" />',
      hasRemoteImages: true,
      contentIds: [],
    });
  });

  it("names attached images", () => {
    expect(sanitiseMailHtml('<img src="cid:logo%40x"><img src="CID:b@x"><img src="cid:b@x">')).toEqual({
      html: '<img data-cid="logo@x" /><img data-cid="b@x" /><img data-cid="b@x" />',
      hasRemoteImages: false,
      contentIds: ["logo@x", "b@x"],
    });
  });

  it("keeps images inside it only where they are pictures", () => {
    expect(sanitise('<img src="data:image/png;base64,AAAA">')).toBe('<img src="data:image/png;base64,AAAA" />');
    expect(sanitise('<img src="data:image/svg+xml;base64,AAAA"><img src="file:///x"><img src="x.png">')).toBe(
      "<img /><img /><img />",
    );
  });

  it("[E36] opens links outside and says where they lead", () => {
    expect(sanitise('<a href=" https://evil.example/x " target=_top>bank.example</a>')).toBe(
      '<a href="https://evil.example/x" target="_blank" rel="noopener noreferrer nofollow ugc" data-host="evil.example">bank.example</a>',
    );
    expect(sanitise('<a href="mailto:a@x.example">a</a>')).toBe(
      '<a href="mailto:a@x.example" target="_blank" rel="noopener noreferrer nofollow ugc">a</a>',
    );
    const harmful = [
      "javascript:alert(1)",
      "java\nscript:alert(1)",
      "&#106;avascript:x",
      "vbscript:x",
      "data:text/html,x",
      "//evil.example",
      "/x",
      "#x",
      "",
    ];
    for (const href of harmful) expect(sanitise(`<a href="${href}">x</a>`)).toBe("<a>x</a>");
  });

  it("[E37] is refused beyond its limits", () => {
    expect(sanitiseMailHtml("x".repeat(1_000_001))).toBeNull();
    expect(sanitiseMailHtml("é".repeat(500_001))).toBeNull();
    expect(sanitiseMailHtml("<a href=x>".repeat(HTML_LINKS_MAX + 1))).toBeNull();
    expect(sanitiseMailHtml("<b>".repeat(HTML_TAGS_MAX + 1))).toBeNull();
    expect(sanitiseMailHtml("<".repeat(900_000))).toBeNull();
    expect(sanitiseMailHtml("<a href=x>x</a>".repeat(HTML_LINKS_MAX))).not.toBeNull();
  });

  it("takes bounded time for hostile input", () => {
    const hostile = [
      "<div>".repeat(50_000),
      "<div>".repeat(190_000),
      "<".repeat(900_000),
      "<a ".repeat(4_000) + "x".repeat(900_000),
      `<p style="${"a:b;".repeat(200_000)}">`,
      "&".repeat(900_000),
    ];
    for (const html of hostile) {
      const startedAt = performance.now();
      sanitiseMailHtml(html);
      expect(performance.now() - startedAt, html.slice(0, 20)).toBeLessThan(2_000);
    }
  });

  it("never lets through what loads or runs, whatever the pieces", () => {
    const piece = fc.constantFrom(
      ..."<|>|/|\"|'|=| |script|style|img|src|svg|a|href|javascript:|onerror|https://t.example|url(|cid:|<!--|-->|p|;".split("|"),
    );
    const property = fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const html = sanitise(pieces.join(""));
      expect(html).not.toMatch(
        /<(?:script|style|svg|iframe)|<[^>]*\s(?:on\w+|srcset|src="http)|<[^>]*style="[^"]*url\(|href="javascript/i,
      );
    });
    fc.assert(property, { seed: 6, numRuns: 3_000 });
  });
});

describe("style attributes", () => {
  it.each([
    ["color:red; font-size:12px", "color:red;font-size:12px"],
    ["COLOR: rgb(1, 2, 3) !important", "color:rgb(1, 2, 3) !important"],
    ["font-family:'Segoe UI', Arial", "font-family:'Segoe UI', Arial"],
    ["border-top:1px solid #ccc;padding-left:3px", "border-top:1px solid #ccc;padding-left:3px"],
    ["position:fixed;top:0;z-index:9;color:red", "color:red"],
    ["background:url(https://t.example/x)", ""],
    ["background-color:u\\72l(x)", ""],
    ["background:#1f3d2b;color:#fff;padding:24px", "background-color:#1f3d2b;color:#fff;padding:24px"],
    ["background:#1F3D2B url(https://t.example/x.png) no-repeat;color:#fff", "background-color:#1F3D2B;color:#fff"],
    ["background: center / cover no-repeat rgb(1, 2, 3)", "background-color:rgb(1, 2, 3)"],
    ["background:tomato !important", "background-color:tomato"],
    ["background:linear-gradient(90deg, #123456, #fff);color:#fff", "background-color:#123456;color:#fff"],
    ["background:url(https://t.example/x.png);color:#fff;padding:1px", "padding:1px"],
    ["color:#fff;background-image:url(https://t.example/x.png)", ""],
    ["background:url(https://t.example/x.png);background-color:#000;color:#fff", "background-color:#000;color:#fff"],
    ["background:none;color:#333", "background-color:transparent;color:#333"],
    ["background:u\\72l(https://t.example/x)", ""],
    ["background:expression(alert(1)) #fff", "background-color:#fff"],
    ["color:url(x);width:expression(alert(1));height:calc(1px)", ""],
    ["color:re/**/d", ""],
    ["margin:-500px;margin-top:4px", "margin-top:4px"],
    ["font-family:'a;position:fixed", ""],
    ["content:'x';behavior:x;-moz-binding:x;float:left;opacity:0;transform:none", ""],
    [`color:${" ".repeat(5_000)}`, ""],
  ])("%j becomes %j", (style, safe) => {
    expect(sanitiseStyle(style)).toBe(safe);
  });
});
