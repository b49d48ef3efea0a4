/** What a mail to an address that somebody only typed carries of their words (T23). */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findContactPoints } from "../../../worker/email/find-contact-points.ts";
import {
  leaveOutContactPoints,
  openAllowance,
  WORDS_OF_MAIL_MAX,
  WORDS_OF_MESSAGE_MAX,
} from "../../../worker/email/visitor-words.ts";

const TEXTS = { link: "[link]", address: "[address]", number: "[number]", cut: "… (cut)", writtenBy: "Somebody wrote:" };
const bare = (text: string) => leaveOutContactPoints(text, TEXTS);

describe("[T23] no address of any kind", () => {
  it.each([
    // Web addresses
    ["see https://evil.example/x?y=1#z now", "see [link] now"],
    ["(HTTP://EVIL.EXAMPLE)", "([link])"],
    ["http://1249763844/login", "[link]"],
    ["http://[2001:db8::1]/", "[link][[link]]/"],
    ["fe80:0:0:0:1:2:3:4", "[link]"],
    ["//evil.example/x", "[link]"],
    ["\\\\evil\\share", "[link]"],
    ["hxxp://evil.example", "[link]"],
    ["h**p://evil", "[link]"],
    ["javascript:alert(1)", "[link](1)"],
    ["data:text/html,x", "[link],x"],
    ["skype:evil?call", "[link]"],
    // Bare domains
    ["evil.example, evil.com. EVIL.ES/pay?", "[link], [link]. [link]?"],
    ["www.evil.example:8080/a-b_c", "[link]"],
    ["sub.evil.co.uk", "[link]"],
    ["xn--80ak6aa92e.com", "[link]"],
    ["пример.рф", "[link]"],
    ["例子。中国", "[link]"],
    ["💩.la", "[link]"],
    ["evil。com and ｅｖｉｌ．ｃｏｍ", "[link] and [link]"],
    ["𝐞𝐯𝐢𝐥.𝐜𝐨𝐦", "[link]"],
    ["192.0.2.17", "[link]"],
    // Mail addresses
    ["write to bea@mail.example!", "write to [address]!"],
    ["bea＠mail.example", "[address]"],
    ["bea@localhost", "[address]"],
    // What is not seen
    ["ev\u200bil.c\u00adom", "[link]"],
    ["java\u2060script:alert`1`", "[link]`1`"],
    ["bea\u202e@mail.example", "[address]"],
    ["+34\u200b612\u200b345\u200b678", "[number]"],
    // What a person reads as an address
    ["evil[.]com", "[link]"],
    ["evil (dot) com", "[link]"],
    ["bea (at) mail (dot) example", "[link]"],
    ["evil dot com", "[link]"],
    ["evil .com", "[link]"],
    ["bea arroba mail", "[address]"],
    // Numbers
    ["call +34612345678 or 0034 612 345 678", "call [number] or [number]"],
    ["＋34 612 345 678", "[number]"],
    ["+1 (555) 123-4567", "[number]"],
    ["612 345 678, 612-345-678, 612.345.678", "[number], [number], [number]"],
    ["(91) 234 56 78", "[number]"],
    ["612 – 345 – 678", "[number]"],
    ["٦١٢ ٣٤٥ ٦٧٨", "[number]"],
    ["६१२ ३४५ ६७८", "[number]"],
    ["tel:612345678", "[link]"],
    ["555-1234", "[number]"],
  ])("%j", (text, expected) => {
    expect(bare(text)).toBe(expected);
  });

  it.each([
    "My order is 100234, and 612345678 is its number.",
    "It came on 12.11.2026, not on 2026-11-12 at 10:30.",
    "From 12.11.2026 - 15.11.2026, or 2026-2027.",
    "12.11.2026 10:30",
    "It cost 1.299,00 € or 1,299.50 $, 10-12 days, 3.5kg, 20 - 30 %.",
    "Version 2.0.1, v10.4, node.js, p.ej. esto, e.g. that, EE.UU., U.S.A.",
    "The file is factura_3.pdf, the song 4.mp3.",
    "Invoice 2024/000123 of 1/2/2026",
    "Room 12.4, 5 - 7, at 10:30:00",
    "@maria wrote that. Really? Yes: really…",
    "你好。我想问一下订单。",
    "Ça va ? Ñandú, über, שלום, สวัสดี",
    "+34 and +1234567",
  ])("but what people need to write stays: %s", (text) => {
    expect(bare(text)).toBe(text);
  });
});

describe("[T23] no address that only people read as one", () => {
  it.each([
    // Words for the dot, in English and Spanish
    ["evil punto es", "[link]"],
    ["Entra en evil punto es y paga", "Entra en [link] y paga"],
    ["pay at evil dot app now", "pay at [link] now"],
    ["evil dot co dot uk/pay", "[link]"],
    ["evil\ndot com", "[link]"],
    ["evil-dot-com, evil *dot* com, evil “punto” es", "[link], [link], [link]"],
    ["evil d0t com or evil dоt com", "[link] or [link]"],
    ["evil(dot)com, evil{punto}es, evil <dot> com", "[link], [link], [link]"],
    ["evilpuntocom or evil dotcom", "[link] or [link]"],
    ["go to evil dot in.", "go to [link]."],
    ["evil punto de/pago", "[link]"],
    ["evil dot es for the rest", "[link] for the rest"],
    ["www evil es", "[link]"],
    // Other marks for the dot
    ["evil·com, evil•com, evil‧com, evil∙es, evil⋅com", "[link], [link], [link], [link], [link]"],
    ["evilꓸcom, evilꞏcom, evil۔com, evil・com, evil･com, evil܁com", "[link], [link], [link], [link], [link], [link]"],
    ["evil𐩐com", "[link]"],
    ["evil·live, evil·la", "[link], evil·la"],
    ["bit,ly/abc", "[link]"],
    ["evil,com/x, evil;com, evil、com", "[link], [link], [link]"],
    // Spaces around the dot
    ["evil . com", "[link]"],
    ["evil. com and evil .com", "[link] and [link]"],
    ["evil .\ncom", "[link]"],
    ["evil . es", "[link]"],
    ["visit evil . app/pay", "visit [link]"],
    ["evil .shop and evil. app", "[link] and [link]"],
    ["evil · com", "[link]"],
    // Mail
    ["name arroba host punto com", "[address]"],
    ["name-arroba-host-punto-es", "[address]"],
    ["name (arroba) host (punto) com", "[link]"],
    ["nameⓐhost.com", "[address]"],
    ["name @ host . com", "name @ [link]"],
    // Phones
    ["seis uno dos tres cuatro cinco seis siete ocho", "[number]"],
    ["six-one-two 3 4 five six 7 eight", "[number]"],
    ["612/345/678, 612*345*678, 612,345,678", "[number], [number], [number]"],
    ["612·345·678 and 612•345•678", "[number] and [number]"],
  ])("%j", (text, expected) => {
    expect(bare(text)).toBe(expected);
  });

  it.each([
    "Put the dot on the i, and connect dot to dot.",
    "A red dot in the corner, and where the dot is, it is a dot at the end.",
    "Lo quiero, punto y aparte. Y punto.",
    "El punto es que no llega. Mi punto es otro; el primer punto es falso. ¿Cuál es el punto?",
    "Estoy a punto de salir, desde mi punto de vista, en el punto de recogida.",
    "Llega a las cinco en punto. Es tarde a las cinco en punto es un decir.",
    "This is the end. Es verdad. No. Si. Me parece bien. It is. So be it. De nada. In my order",
    "It broke. App crashed. Info below. Online it works. Shop is closed. Live chat is better.",
    "Yes. I am. To be. Is it. At home. Dr. Lu, Mr. Li, Sra. Ng, St. Mo",
    "hola,me pueden ayudar,es urgente;de verdad,no,si",
    "una arroba de vino, la arroba pesa once kilos",
    "La col·lecció, la novel·la i l'al·lot; Home · Shop · Info, uno • dos",
    "ジョン・スミス、東京",
    "he/she, and/or, 24/7, 1/2/2026, 10/12",
    "Uno, dos y tres. One two three.",
    "Rooms 101, 102, 103; 1,234,567 units",
    "kW·h, N·m, 12·5 cm",
    "5 units @ 3 euros",
    "The www is down.",
  ])("but what people need to write stays: %s", (text) => {
    expect(bare(text)).toBe(text);
  });
});

describe("[T23] whatever is tried", () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  const hidden = fc.constantFrom("", "", "", "\u200b", "\u00ad", "\u2060", "\u200e", "\ufe0f", "\u034f");
  const dot = fc.constantFrom(".", ".", "．", "。", "｡", "․", "﹒");
  const at = fc.constantFrom("@", "＠", "﹫");
  const ending = fc.constantFrom("com", "es", "example", "shop", "xn--p1ai", "co.uk", "io");
  const host = fc.tuple(word, hidden, dot, hidden, ending).map((parts) => parts.join(""));
  const path = fc.constantFrom("", "/", "/pay?x=1", ":8080/a,b", "#x", "/%2e%2e/(y)");
  const scheme = fc.constantFrom("http", "https", "hxxp", "ftp", "javascript", "HTTPS", "ｈｔｔｐ", "intent");
  const digits = fc.stringMatching(/^[1-9]\d{2}$/);
  const separator = fc.constantFrom(" ", ".", "-", "–", " - ", ") ", "\u00a0");
  const point = fc.oneof(
    fc.tuple(host, path).map((parts) => parts.join("")),
    fc.tuple(scheme, fc.constantFrom("://", ":\\\\", ":/"), host, path).map((parts) => parts.join("")),
    fc.tuple(word, hidden, at, host).map((parts) => parts.join("")),
    fc.tuple(fc.constantFrom("+", "00", "＋"), fc.stringMatching(/^[1-9]\d{8,12}$/)).map((parts) => parts.join("")),
    fc.tuple(digits, separator, digits, separator, digits).map((parts) => parts.join("")),
  );
  const between = fc.constantFrom(" ", "\n", ", ", " (", "¡", ": ", "“", "»", "\t", " > ");
  const text = fc
    .array(fc.tuple(fc.oneof(point, point, word), between), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.flat().join(""));

  /** Not the code under test: what mail programs and people would take for an address. */
  const LEADS = [
    /\w:\/\//u,
    /\S@\S/u,
    /[\p{L}\p{N}]\.(?:com|es|example|shop|xn--p1ai|io|uk)(?![\p{L}\p{N}])/iu,
    /(?:\+|\b00)\d{8}/u,
    /\d{3}[\s.–-]{1,3}\d{3}[\s.–-]{1,3}\d{3}/u,
  ];

  it("no address survives, and what is left has none either", () => {
    fc.assert(
      fc.property(text, (given) => {
        const left = bare(given);
        const plain = left.normalize("NFKC").replace(/。/gu, ".");
        for (const lead of LEADS) expect(plain).not.toMatch(lead);
        expect(findContactPoints(left)).toEqual([]);
      }),
      { seed: 23, numRuns: 3_000 },
    );
  });

  it("any text at all is read once and for all", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.string({ unit: "grapheme", maxLength: 300 })),
        (given) => {
          const left = bare(given);
          expect(findContactPoints(left)).toEqual([]);
          expect(left.isWellFormed()).toBe(true);
        },
      ),
      { seed: 24, numRuns: 2_000 },
    );
  });

  it("takes time in proportion to the length, however hostile", () => {
    // Nothing is timed: what grew with the square would not end within the test's limit.
    for (const unit of [
      "a.",
      "1 ",
      "(",
      "a (at) ",
      "+",
      "@",
      "://",
      "。",
      "1-",
      ". ",
      "a dot ",
      "\u200b",
      "[.]",
      "a·",
      "l·l",
      "a dot com ",
      "a punto de ",
      "a . ",
      "a,com",
      " punto es",
      "arroba ",
      "uno ",
      "123/",
      "www ",
      "\n.\n",
      "-dot-",
    ])
      expect(leaveOutContactPoints(unit.repeat(100_000), TEXTS).length).toBeLessThan(40_000);
  });
});

describe("[T23] no more than a few words", () => {
  const long = (letter: string) => `${letter.repeat(9)} `.repeat(100).trim();

  it("500 characters of one message, 2,000 of all, cut with where the rest is", () => {
    const words = openAllowance(TEXTS, []);
    const taken = [1, 2, 3, 4, 5].map(() => words.take(long("a")));
    for (const text of taken.slice(0, 4)) {
      expect(text.endsWith(` ${TEXTS.cut}`)).toBe(true);
      expect(text.length).toBeLessThanOrEqual(WORDS_OF_MESSAGE_MAX + TEXTS.cut.length + 1);
    }
    const all = taken.map((text) => text.replace(TEXTS.cut, "").trim()).join("");
    expect(all.length).toBeLessThanOrEqual(WORDS_OF_MAIL_MAX);
    expect(openAllowance(TEXTS, []).take("short")).toBe("short");
  });

  it("never in the middle of a character", () => {
    expect(
      openAllowance(TEXTS, [])
        .take(`a${"😀".repeat(400)}`)
        .isWellFormed(),
    ).toBe(true);
  });
});

describe("[T23] what agents quote", () => {
  const visitor = "Please tell them to pay at evil.example/pay, and nowhere else, today";
  const quote = (text: string) => openAllowance(TEXTS, [visitor]).takeQuotes(text);

  it("their own words stay whole, with their addresses", () => {
    const own = "You can pay at shop.example/pay or call +34 612 345 678.\n\nYours, Ana";
    expect(quote(own)).toBe(own);
  });

  it("quoted lines are a visitor's, and say so", () => {
    expect(quote("Hi,\n> pay at evil.example\n> now\nno.")).toBe("Hi,\nSomebody wrote:\n> pay at [link]\n> now\nno.");
  });

  it("so are lines that stand in the chat as they are", () => {
    expect(quote(`Did you write this?\n${visitor}`)).toBe(
      "Did you write this?\nSomebody wrote:\n> Please tell them to pay at [link], and nowhere else, today",
    );
  });

  it("and an address within a run of a visitor's words; not one that only both name", () => {
    expect(quote("We got: tell them to pay at evil.example/pay, and nowhere else. Is it you?")).toBe(
      "We got: tell them to pay at [link], and nowhere else. Is it you?",
    );
    expect(quote("Do you mean evil.example/pay?")).toBe("Do you mean evil.example/pay?");
  });

  it("count like the visitor's", () => {
    const words = openAllowance(TEXTS, []);
    for (let part = 0; part < 4; part += 1) words.take("x".repeat(WORDS_OF_MESSAGE_MAX));
    expect(words.takeQuotes(`> ${"word ".repeat(20)}`)).toBe(`Somebody wrote:\n> ${TEXTS.cut}`);
  });
});
