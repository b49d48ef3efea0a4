import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeMail, composeReferences, partitionAttachments, REFERENCES_BYTES_MAX } from "../../../worker/email/compose.ts";
import { renderText } from "../../../worker/email/compose-html.ts";
import { composeSystemMail } from "../../../worker/email/compose-system.ts";
import { TRANSCRIPT_BYTES_MAX } from "../../../worker/email/compose-transcript.ts";
import { validateOutgoing } from "../../../worker/email/validate-outgoing.ts";
import { buildComposeInput, buildEntry, NOON_IN_MADRID } from "./build-compose-input.ts";

const DAY_MS = 86_400_000;

describe("a reply as a mail", () => {
  it("[E26] [S11] carries the chat so far below the reply, oldest first, with days, names and local times", () => {
    const transcript = [
      buildEntry({ at: NOON_IN_MADRID - DAY_MS, text: "Where is my parcel?" }),
      buildEntry({ authorName: "Ana", text: "I'll look.", files: [{ name: "slip.pdf", url: "https://hilo.example/f/1" }] }),
    ];
    const mail = composeMail(buildComposeInput({ transcript, signature: "Ana\nShop" }));
    expect({ ...mail, html: "" }).toEqual({
      from: { address: "hello@shop.example", name: "Ana at Shop" },
      to: [{ address: "bea@mail.example", name: "Bea" }],
      cc: [],
      bcc: [],
      withheld: [],
      replyTo: "hello+token@shop.example",
      subject: "Your conversation with Shop",
      messageId: "m1@shop.example",
      headers: { "X-Auto-Response-Suppress": "All", "X-Hilo-Loop": "loop-1" },
      text: [
        "It was sent today.",
        "",
        "-- ",
        "Ana",
        "Shop",
        "",
        "— please reply above this line —",
        "",
        "Our conversation so far (times: Europe/Madrid)",
        "",
        "Sunday, November 22, 2026",
        "",
        "12:00 Bea:",
        "Where is my parcel?",
        "",
        "Monday, November 23, 2026",
        "",
        "12:00 Ana:",
        "I'll look.",
        "[slip.pdf] https://hilo.example/f/1",
        "",
      ].join("\n"),
      html: "",
      attachments: [],
    });
    const reply = mail.html.indexOf("It was sent today.");
    const quote = mail.html.indexOf('<div class="gmail_quote hilo-transcript"');
    const marker = mail.html.indexOf("— please reply above this line —");
    const chat = mail.html.indexOf("Where is my parcel?");
    expect([reply, quote, marker, chat]).toEqual([reply, quote, marker, chat].sort((a, b) => a - b));
    expect(reply).toBeGreaterThan(0);
  });

  describe("[T23] [E42] to an address that somebody only typed", () => {
    const typed = { isConfirmed: false, recipient: { address: "bea@mail.example", name: "Your bank, evil.example" } };
    const transcript = [
      buildEntry({ authorName: "Your bank", text: "Pay at https://evil.example/pay or call +34 612 345 678, order 100234" }),
      buildEntry({ by: "company", authorName: "Ana", text: "See shop.example/help." }),
      buildEntry({ authorName: null, text: "", files: [{ name: "slip.pdf", url: "https://hilo.example/f/1" }] }),
    ];

    it("carries none of a visitor's links, files and names, and says whose words they are", () => {
      const mail = composeMail(buildComposeInput({ ...typed, transcript, text: "We have it.\n> evil.example/pay" }));
      expect(mail.to).toEqual([{ address: "bea@mail.example", name: null }]);
      expect(mail.text.split("\n").filter((line) => line !== "")).toEqual([
        "We have it.",
        "Written by somebody in our chat:",
        "> [link left out]",
        "— please reply above this line —",
        "Our conversation so far (times: Europe/Madrid)",
        "Monday, November 23, 2026",
        "12:00 Written by somebody in our chat:",
        "Pay at [link left out] or call [number left out], order 100234",
        "12:00 Ana:",
        "See shop.example/help.",
        "12:00 Written by somebody in our chat:",
        "[slip.pdf]",
      ]);
      for (const secret of ["evil", "612", "Your bank", "hilo.example/f"]) expect(JSON.stringify(mail)).not.toContain(secret);
    });

    it("nor what an agent has quoted of them earlier, nor an address as a file's name", () => {
      const words = "Please tell them to pay at evil.example/pay, and nowhere else, today";
      const earlier = [
        buildEntry({ by: "company", authorName: "Ana", text: `You wrote:\n> ${words}\nPay at shop.example/pay.` }),
        buildEntry({ authorName: null, text: "", files: [{ name: "evil.example", url: null }] }),
      ];
      const mail = composeMail(buildComposeInput({ ...typed, visitorTexts: [words], transcript: earlier }));
      expect(mail.text).toContain(
        "> Please tell them to pay at [link left out], and nowhere else, today\nPay at shop.example/pay.",
      );
      expect(mail.text).toContain("[[link left out]]");
      expect(JSON.stringify(mail)).not.toContain("evil.example");
    });

    it("carries them all once the address is theirs", () => {
      const mail = composeMail(buildComposeInput({ ...typed, isConfirmed: true, transcript }));
      expect(mail.to[0]?.name).toBe("Your bank, evil.example");
      expect(mail.text).toContain("https://evil.example/pay or call +34 612 345 678");
      expect(mail.html).toContain('href="https://hilo.example/f/1"');
    });

    it("allows the newest words first, and cuts them with where the rest is", () => {
      const long = "word ".repeat(150);
      const entries = [1, 2, 3, 4, 5, 6].map((number) => buildEntry({ text: `${number} ${long}` }));
      const { text } = composeMail(buildComposeInput({ ...typed, transcript: entries }));
      expect(text.match(/the whole chat is in the widget/gu)).toHaveLength(6);
      expect([1, 2, 3, 4, 5, 6].filter((number) => text.includes(`${number} word`))).toEqual([3, 4, 5, 6]);
      const words = text.match(/word/gu)?.length ?? 0;
      expect(words * "word ".length).toBeLessThanOrEqual(2_000);
    });

    it("is asked for by no subject that somebody chose, and speaks Spanish", () => {
      const subject = { kind: "reply", to: "Pay at evil.example now" } as const;
      const mail = composeMail(buildComposeInput({ ...typed, typedIn: "form", locale: "es", subject, transcript }));
      expect(mail.subject).toBe("Re: Pay at [enlace omitido] now");
      expect(mail.text).toContain("Escrito por alguien en nuestro formulario de contacto:\nPay at [enlace omitido] or call");
      const own = composeMail(buildComposeInput({ ...typed, subject: { kind: "own", text: "About shop.example" } }));
      expect(own.subject).toBe("About shop.example");
    });

    it("finds what hides behind characters that a mail does not keep", () => {
      const hidden = [buildEntry({ text: "go to evil\u0001.\u200bexample" })];
      expect(composeMail(buildComposeInput({ ...typed, transcript: hidden })).text).not.toContain("evil");
    });
  });

  it("speaks Spanish", () => {
    const mail = composeMail(buildComposeInput({ locale: "es", transcript: [buildEntry({ authorName: null })] }));
    expect([mail.from.name, mail.subject]).toEqual(["Ana de Shop", "Tu conversación con Shop"]);
    expect(mail.text).toBe(
      [
        "It was sent today.",
        "",
        "— responde por encima de esta línea —",
        "",
        "Nuestra conversación hasta ahora (horas: Europe/Madrid)",
        "",
        "lunes, 23 de noviembre de 2026",
        "",
        "12:00 Tú:",
        "Hello?",
        "",
      ].join("\n"),
    );
  });

  it("[E27] never carries a note, nor what that person already has by mail", () => {
    const transcript = [buildEntry({ channel: "note", text: "SECRET" }), buildEntry({ isKnownByMail: true, text: "KNOWN" })];
    const mail = composeMail(buildComposeInput({ transcript }));
    expect(mail.text).toBe("It was sent today.\n");
    expect(mail.html).not.toMatch(/SECRET|KNOWN|hilo-transcript/);
  });

  it("[E27] carries the last 20 messages", () => {
    const transcript = Array.from({ length: 25 }, (_, index) => buildEntry({ text: `message ${index}.` }));
    const { text } = composeMail(buildComposeInput({ transcript }));
    expect(text.match(/message \d+\./g)).toEqual(Array.from({ length: 20 }, (_, index) => `message ${index + 5}.`));
    expect(text).toContain("Earlier messages are left out.");
  });

  it("[E27] carries at most 30 kB, and cuts a single message that is longer", () => {
    const transcript = [buildEntry({ text: "old" }), buildEntry({ text: "é".repeat(20_000) })];
    const { text } = composeMail(buildComposeInput({ transcript }));
    expect(text).not.toContain("old");
    expect(text.match(/é/g)?.length).toBe(TRANSCRIPT_BYTES_MAX / 2);
    expect(text).toContain("é …");
  });

  it("carries what shows in the chat that the address is theirs, between the reply and the chat so far", () => {
    const showInChat = "https://shop.example/#hilo-confirm=secret";
    const { text, html } = composeMail(buildComposeInput({ showInChat, signature: "Ana", transcript: [buildEntry()] }));
    const places = ["It was sent today.", "-- \nAna", showInChat, "12:00 Bea"].map((part) => text.indexOf(part));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(html).toContain(`href="${showInChat}"`);
    expect(composeMail(buildComposeInput({ locale: "es", showInChat })).text).toContain(`: ${showInChat}`);
  });

  it("escapes everything that people wrote", () => {
    const evil = `<img src=x onerror=alert(1)>"'&`;
    const input = buildComposeInput({
      text: evil,
      signature: evil,
      company: evil,
      transcript: [buildEntry({ text: evil, authorName: evil, files: [{ name: evil, url: null }] })],
      fileLinks: [{ name: evil, url: "https://hilo.example/f" }],
    });
    expect(composeMail(input).html).not.toContain("<img");
  });

  it("[E25] loads nothing from outside and supports dark mode", () => {
    const { html } = composeMail(buildComposeInput({ transcript: [buildEntry()] }));
    expect(html).not.toMatch(/<(?:img|link|script|style|iframe)|url\(|@import/i);
    expect(html).toContain("color-scheme:light dark");
  });

  it("[E22] answers the latest subject once, and keeps an agent's own subject", () => {
    const subjects: [Parameters<typeof buildComposeInput>[0], string][] = [
      [{ subject: { kind: "reply", to: "Parcel" } }, "Re: Parcel"],
      [{ subject: { kind: "reply", to: "RE: Re: re[2]: Parcel" } }, "Re: Parcel"],
      [{ subject: { kind: "reply", to: "Regarding: Parcel" } }, "Re: Regarding: Parcel"],
      [{ subject: { kind: "reply", to: " \r\n" } }, "Re: Your conversation with Shop"],
      [{ subject: { kind: "own", text: "Your order" } }, "Your order"],
      [{ subject: { kind: "own", text: "" } }, "Your conversation with Shop"],
    ];
    for (const [overrides, subject] of subjects) expect(composeMail(buildComposeInput(overrides)).subject).toBe(subject);
  });

  it("[T15] lets no line break, control or direction character into a header", () => {
    const input = buildComposeInput({
      subject: { kind: "reply", to: "Hi\r\nBcc: all@x.example\0\u202E" },
      agentName: "Ana\r\nX: y",
      company: "Shop\u202E",
      recipient: { address: "bea@mail.example", name: "Bea\n<evil@x.example>" },
    });
    const mail = composeMail(input);
    expect([mail.subject, mail.from.name, mail.to]).toEqual([
      "Re: Hi Bcc: all@x.example",
      "Ana X: y at Shop",
      [{ address: "bea@mail.example", name: "Bea <evil@x.example>" }],
    ]);
  });

  it("writes international domains in ASCII", () => {
    const mail = composeMail(buildComposeInput({ recipient: { address: "bea@bücher.example", name: null } }));
    expect(mail.to).toEqual([{ address: "bea@xn--bcher-kva.example", name: null }]);
  });

  it("[E23] threads on the recipient's last mail", () => {
    const { headers } = composeMail(buildComposeInput({ references: ["a@x", "b@x", "gen-0af1"] }));
    expect(headers).toEqual({
      "In-Reply-To": "<b@x>",
      References: "<a@x> <b@x>",
      "X-Auto-Response-Suppress": "All",
      "X-Hilo-Loop": "loop-1",
    });
  });

  it("[E24] [T14] is marked automatic only where no person wrote it", () => {
    expect(composeMail(buildComposeInput({ automatic: "auto-replied" })).headers["Auto-Submitted"]).toBe("auto-replied");
  });

  it("[E28] links files that are too large to travel", () => {
    const fileLinks = [{ name: "film.mp4", url: "https://hilo.example/f/2" }];
    const mail = composeMail(buildComposeInput({ fileLinks, fileLinksExpireAt: NOON_IN_MADRID }));
    const lines = ["Files:", "[film.mp4] https://hilo.example/f/2", "These links work until Monday, November 23, 2026."];
    expect(mail.text).toBe(`It was sent today.\n\n${lines.join("\n")}\n`);
    expect(mail.html).toContain('<a href="https://hilo.example/f/2" rel="noopener noreferrer">film.mp4</a>');
  });

  it("is always accepted by the validation, whatever people wrote", () => {
    const anything = fc.string({ unit: "binary" });
    const property = fc.property(anything, anything, anything, fc.array(anything), (text, name, subject, references) => {
      const transcript = [buildEntry({ text, authorName: name })];
      const recipient = { address: "bea@mail.example", name };
      const replying = { kind: "reply", to: subject } as const;
      const mail = composeMail(
        buildComposeInput({ text: `x${text}`, recipient, company: name, subject: replying, references, transcript }),
      );
      expect(validateOutgoing(mail)).toEqual({ kind: "ok" });
    });
    fc.assert(property, { seed: 3, numRuns: 300 });
  });
});

describe("References", () => {
  it("[E23] keep the first and the newest within 1,900 bytes", () => {
    const ids = Array.from({ length: 100 }, (_, index) => `${String(index).padStart(30, "0")}@mail.example`);
    const value = composeReferences(ids);
    const kept = value.split(" ").map((id) => Number(id.slice(1, 31)));
    expect(value.length).toBeLessThanOrEqual(REFERENCES_BYTES_MAX);
    expect(kept).toEqual([0, ...Array.from({ length: kept.length - 1 }, (_, index) => 101 - kept.length + index)]);
    expect(kept.length).toBeGreaterThan(35);
  });

  it("never repeat an id that would break the header", () => {
    expect(composeReferences(["a b@x", "a>@x", "ñ@x", "x\r\ny@x", "ok@x", "z".repeat(700)])).toBe("<ok@x>");
    expect(composeReferences([])).toBe("");
  });
});

function link(url: string): string {
  return `<a href="${url}" rel="noopener noreferrer">${url}</a>`;
}

describe("links in text", () => {
  it("are made of http addresses without the punctuation around them", () => {
    expect(renderText("see (https://a.example/x), ok?\nhttps://b.example/w_(y).")).toBe(
      `see (${link("https://a.example/x")}), ok?<br>${link("https://b.example/w_(y)")}.`,
    );
    expect(renderText("https://a.example/?a=1&b=2")).toBe(link("https://a.example/?a=1&amp;b=2"));
    expect(renderText("javascript:alert(1) https:// http://a\u202Eb.example")).toBe(
      "javascript:alert(1) https:// http://a\u202Eb.example",
    );
  });

  it("take linear time", () => {
    const startedAt = performance.now();
    renderText("http://(".repeat(20_000) + ")".repeat(20_000));
    renderText(`http://a${")".repeat(200_000)}`);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

it("[E28] files travel in their order while they fit in 3.5 MB", () => {
  const files = [3_000_000, 1_000_000, 500_000].map((size) => ({ size }));
  expect(partitionAttachments(files)).toEqual({ travel: [files[0], files[2]], link: [files[1]] });
});

it("a system mail is automatic and asks for no answer", () => {
  const mail = composeSystemMail({
    locale: "en",
    from: { address: "hello@shop.example", name: "Shop" },
    to: { address: "ana@shop.example", name: null },
    subject: "A test\r\n",
    paragraphs: ["It works.", "https://hilo.example/"],
    messageId: null,
    loopMarker: "loop-1",
  });
  expect({ ...mail, html: "" }).toEqual({
    from: { address: "hello@shop.example", name: "Shop" },
    to: [{ address: "ana@shop.example", name: null }],
    cc: [],
    bcc: [],
    withheld: [],
    replyTo: null,
    subject: "A test",
    messageId: null,
    headers: { "X-Auto-Response-Suppress": "All", "Auto-Submitted": "auto-generated", "X-Hilo-Loop": "loop-1" },
    text: "It works.\n\nhttps://hilo.example/\n",
    html: "",
    attachments: [],
  });
});
