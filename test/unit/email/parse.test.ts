import { describe, expect, test } from "vitest";
import { readAuthentication } from "../../../worker/email/authentication.ts";
import { parseMail } from "../../../worker/email/parse.ts";
import { parseFixture, parseLines } from "./mail-fixture.ts";

describe("[E7] bytes that are hard to read", () => {
  test("bare CR line ends do not lose the headers", async () => {
    const mail = await parseFixture("bare-cr.eml");
    expect(mail.from).toEqual({ address: "lena@harbor.example", name: "Lena Ortiz" });
    expect(mail.subject).toBe("Old gateway");
    expect(mail.text).toBe("First line\nSecond line");
  });

  test("the From line of an mbox file is no header, and an id without brackets is one", async () => {
    const mail = await parseFixture("mbox-from-line.eml");
    expect([mail.subject, mail.messageId, mail.text]).toEqual(["From an mbox", "mbox-1@harbor.example", "Hello from a file."]);
  });

  test.each([
    ["charset-lie-utf8-as-latin1.eml", "¿Llegó el paquete? Costó 20 €."],
    ["charset-lie-latin1-as-utf8.eml", "“Llegó” mañana, ¿verdad?"],
    ["charset-undeclared-shift-jis.eml", "荷物はまだ届いていません。いつ届きますか？"],
    ["charset-windows-1252.eml", "It costs € 5 – “really”"],
  ])("%s is read with the charset it really has", async (name, text) => {
    expect((await parseFixture(name)).text).toBe(text);
  });

  test("raw 8-bit headers are read", async () => {
    const mail = await parseFixture("raw-8bit-headers.eml");
    expect([mail.subject, mail.from?.name]).toEqual(["Devolución", "Señora Muñoz"]);
  });

  test("encoded words cut inside a character are joined", async () => {
    expect((await parseFixture("encoded-word-cut-inside-character.eml")).subject).toBe("¿Dóñ?");
  });

  test("flowed text is joined within its depth of quoting only", async () => {
    const mail = await parseFixture("flowed.eml");
    expect(mail.text).toBe("This sentence was wrapped by the client.\n\nAn answer below.");
    expect(mail.quoted).toContain("> A question that was wrapped too.");
  });
});

describe("[E7] a mail that does not say where its words begin", () => {
  const parse = async (raw: string) => parseMail(new TextEncoder().encode(raw));

  test.each([
    ["only words", "no headers at all, just text", "no headers at all, just text"],
    ["words with a colon", "Dear team: please help me\r\nthanks", "Dear team: please help me\nthanks"],
    ["an empty line first", "\r\nMy printer is on fire\r\n", "My printer is on fire"],
    ["an empty line first, and a colon", "\r\nPrinter: on fire\r\n", "Printer: on fire"],
    ["paragraphs", "\r\nFirst.\r\n\r\nSecond: more.\r\n", "First.\n\nSecond: more."],
  ])("%s: all of it is shown", async (_, raw, text) => {
    expect(await parse(raw)).toMatchObject({ text, from: null });
  });

  test("without the empty line the header ends where a line is none", async () => {
    const mail = await parse("Subject: x\r\nFrom: lena@harbor.example\r\nHello there\r\nmore");
    expect(mail).toMatchObject({ subject: "x", from: { address: "lena@harbor.example" }, text: "Hello there\nmore" });
  });

  test("what a gateway has put above the header, or broken in it, costs nothing", async () => {
    const header = "From: lena@harbor.example\r\nSubject: x\r\n\r\nHello";
    for (const above of ["\r\n\r\n", "Return-Path <lena@harbor.example>\r\n", "From lena Mon Nov  2 10:00:00 2026\r\n"])
      expect(await parse(above + header)).toMatchObject({ subject: "x", text: "Hello" });
    const signed = `DKIM-Signature: v=1;\r\n${" b=abc\r\n".repeat(8)}X-Seal: 1\r\n${header}`;
    expect(await parse(`\r\n${signed}`)).toMatchObject({ subject: "x", text: "Hello" });
    const broken = "From: lena@harbor.example\r\nno field this\r\nSubject: x\r\n\r\nHello";
    expect(await parse(broken)).toMatchObject({ subject: "x", text: "Hello" });
  });

  test("two of them have ids of their own", async () => {
    expect((await parse("one")).messageId).not.toBe((await parse("two")).messageId);
  });
});

describe("headers", () => {
  test("[E7] a mail without Message-ID gets one made of its content, the same after redelivery", async () => {
    const first = await parseFixture("no-message-id.eml");
    const again = await parseLines(
      ["Received: by another host", "From: lena@harbor.example", "Subject: No id", "Date: someday soon"],
      "Nothing identifies me.",
    );
    expect(first.messageId).toMatch(/^gen-[0-9a-f]{64}$/);
    expect(again.messageId).toBe(first.messageId);
    expect(first.date).toBeNull();
  });

  test("[E9] an odd From gives its first valid mailbox, never the Reply-To", async () => {
    const mail = await parseFixture("odd-from.eml");
    expect(mail.from).toEqual({ address: "lena@harbor.example", name: "Ortiz, Lena" });
    expect(mail.replyTo).toEqual([{ address: "victim@bank.example", name: null }]);
  });

  test("without a From, Sender and then Reply-To stand in", async () => {
    expect((await parseFixture("no-from.eml")).from?.address).toBe("lena@harbor.example");
  });

  test("the envelope is the author of last resort", async () => {
    expect((await parseFixture("no-message-id.eml", { envelopeFrom: "other@x.example" })).from?.address).toBe(
      "lena@harbor.example",
    );
  });

  test("[E9] a name cannot hide the address behind it", async () => {
    expect((await parseFixture("spoofed-name.eml")).from).toEqual({
      address: "stranger@elsewhere.example",
      name: "boss@company.example txt",
    });
  });

  test("our own marks are told", async () => {
    const mail = await parseLines(["From: a@b.example", "X-Hilo-Loop: v1", "Auto-Submitted: Auto-Generated; x=1"]);
    expect([mail.loopMarker, mail.autoSubmitted, mail.class]).toEqual(["v1", "auto-generated", "auto-reply"]);
  });

  test("[E13] only the first verdict of the trusted server counts", async () => {
    expect((await parseFixture("authenticated.eml", { authservId: "mx.shop.example" })).authentication).toEqual({
      dmarc: "fail",
      spf: "pass",
      dkim: "none",
    });
    const untrusted = await parseFixture("authenticated.eml", { authservId: "mx.other.example" });
    expect(untrusted.authentication).toEqual({ dmarc: "none", spf: "none", dkim: "none" });
    expect([untrusted.class, untrusted.listId]).toEqual(["list", "news.harbor.example"]);
  });
});

test.each([
  // What a sender may choose: the local part of its envelope address, which the server repeats.
  ["a quoted address", 'spf=pass smtp.mailfrom="a dmarc=pass \\" dkim=pass b"@evil.test; dmarc=fail', ["fail", "pass", "none"]],
  ["a comment within a comment", "spf=pass (domain of (x) dmarc=pass designates it); dmarc=fail", ["fail", "pass", "none"]],
  ["a quote in a comment", `spf=fail (it's "so); dmarc=fail ("quoted")`, ["fail", "fail", "none"]],
  ["a comment without end, which hides no failure", "spf=pass (dmarc=pass on; dmarc=fail", ["fail", "pass", "none"]],
  ["the first of two signatures, broken by a relay", "dkim=fail header.d=a; dkim=pass header.d=b", ["none", "none", "pass"]],
])("[E13] [M15] results are read outside of %s", (_, results, [dmarc, spf, dkim]) => {
  const headers = new Map([["authentication-results", [`mx.shop.example; ${results}`]]]);
  expect(readAuthentication(headers, "mx.shop.example")).toEqual({ dmarc, spf, dkim });
});

describe("[T20] [E13] the domain for which an agent's From is believed", () => {
  const read = (results: string[], from: string[] = ["Olga <olga@shop.example>"]) =>
    readAuthentication(
      new Map([
        ["authentication-results", results],
        ["from", from],
      ]),
      "mx.shop.example",
    ).passDomain;
  const PASS = "mx.shop.example; spf=pass; dmarc=pass (p=reject) header.from=shop.example";

  test("is the one that the trusted server names in its one result", () => {
    expect(read([PASS])).toBe("shop.example");
    expect(
      read(["mx.shop.example;\r\n\tdkim=pass header.d=x; DMARC=Pass action=none header.from=Shop.Example.;compauth=pass"]),
    ).toBe("shop.example");
    expect(read(["mx.shop.example 1; dmarc/1=pass header.from=shop.example"])).toBe("shop.example");
  });

  test.each([
    ["of another server", ["mx.evil.test; dmarc=pass header.from=shop.example", PASS]],
    ["that fails", ["mx.shop.example; dmarc=fail header.from=shop.example"]],
    ["that names no domain", ["mx.shop.example; dmarc=pass"]],
    ["that names two", ["mx.shop.example; dmarc=pass header.from=shop.example header.from=evil.test"]],
    ["of two results", ["mx.shop.example; dmarc=none header.from=evil.test; dmarc=pass header.from=shop.example"]],
    [
      "that another one stands behind",
      ["mx.shop.example; dmarc=pass header.from=shop.example; dmarc=none header.from=evil.test"],
    ],
    ["of another method", ["mx.shop.example; arc=pass dmarc=pass header.from=shop.example"]],
    ["in a comment", ["mx.shop.example; spf=pass (; dmarc=pass header.from=shop.example)"]],
    ["in a comment that does not end", ["mx.shop.example; spf=pass (x; dmarc=pass header.from=shop.example"]],
    ["in a quoted address", ['mx.shop.example; spf=pass smtp.mailfrom="; dmarc=pass header.from=shop.example"@evil.test']],
    ["with a quoted domain", ['mx.shop.example; dmarc=pass header.from="shop.example"']],
    ["whose reason says so", ["mx.shop.example; dmarc=none reason=x header.from=shop.example; x=dmarc=pass"]],
  ])("is none by a result %s", (_, results) => {
    expect(read(results)).toBeUndefined();
  });

  test("is none where the mail names two authors: the server may have judged the other", () => {
    for (const from of [["olga@shop.example, ana@shop.example"], ["olga@shop.example", "ana@shop.example"], []])
      expect(read([PASS], from)).toBeUndefined();
  });

  test("is none while no server is named", () => {
    expect(
      readAuthentication(
        new Map([
          ["authentication-results", [PASS]],
          ["from", ["olga@shop.example"]],
        ]),
        "",
      ),
    ).toEqual({
      dmarc: "none",
      spf: "none",
      dkim: "none",
    });
  });
});

describe("body and files", () => {
  test("the reply is the HTML part, cut where the client's quote begins", async () => {
    const mail = await parseFixture("reply-html-and-text.eml");
    expect(mail.text).toBe("Thanks, that works.\n\nOne more thing: where is my invoice?");
    expect(mail.quoted).toContain("Try it again.");
    expect(mail.html).toMatch(/where is my invoice\?$/);
    expect(mail.fullHtml).toContain("Try it again.");
    expect(mail.references).toEqual(["r-0@shop.example", "r-1@shop.example"]);
    expect(mail.inReplyTo).toEqual(["r-1@shop.example"]);
    expect(mail.cc).toEqual([{ address: "max@harbor.example", name: "Max" }]);
    expect(mail.mentionedAddresses).toEqual(["help+abc234@shop.example"]);
    expect(mail.date).toBe(Date.UTC(2024, 2, 4, 10));
  });

  test("[M13] addresses that may carry a token are read of the header, too", async () => {
    const head = ["From: <vera@x.test>", "To: Help <help+aaa@shop.example>", "Cc: max@x.test, <help+bbb@shop.example>"];
    const mail = await parseLines(head, "See help+ccc@shop.example");
    expect(mail.mentionedAddresses).toEqual(["help+aaa@shop.example", "help+bbb@shop.example", "help+ccc@shop.example"]);
  });

  test("a mail forwarded as an attachment tells who wrote it", async () => {
    const mail = await parseFixture("forward-attached.eml");
    expect(mail.forwardedFrom).toEqual({ address: "lena@harbor.example", name: "Lena Ortiz", subject: "Broken lamp" });
    expect([mail.forwardNote, mail.forwardedText]).toEqual(["Please take this one.", "The lamp arrived broken."]);
    expect(mail.attachments.map(({ type }) => type)).toEqual(["message/rfc822"]);
  });

  test("inline images keep their id, files get a safe name", async () => {
    const mail = await parseFixture("inline-image.eml");
    expect(mail.attachments.map(({ name, isInline, contentId, content }) => [name, isInline, contentId, content.length])).toEqual(
      [
        [".._.._pic.png", true, "pic1@x", 8],
        ["attachment-2.pdf", false, null, 5],
      ],
    );
  });

  test("an empty mail is a mail", async () => {
    const mail = await parseLines([], "");
    expect([mail.from, mail.subject, mail.text, mail.class]).toEqual([null, "", "", "person"]);
  });
});
