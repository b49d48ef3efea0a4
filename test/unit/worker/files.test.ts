import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanFileName, detectType, isInlineType } from "../../../worker/domain/files.ts";

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

describe("[T11] detectType", () => {
  test.each([
    ["\x89PNG\r\n\x1a\n", "image/png"],
    ["\xff\xd8\xff\xe0", "image/jpeg"],
    ["GIF89a", "image/gif"],
    ["RIFF\0\0\0\0WEBPVP8 ", "image/webp"],
    ["%PDF-1.4", "application/pdf"],
    ["PK\x03\x04", "application/zip"],
  ])("what the bytes %j say counts, whatever is declared", (head, type) => {
    for (const declared of ["", "text/html", "image/svg+xml", "text/plain", "application/xhtml+xml"])
      expect(detectType(bytes(head), declared)).toBe(type);
  });

  test("office files are zips with a type of their own", () => {
    const type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    expect(detectType(bytes("PK\x03\x04"), type)).toBe(type);
  });

  test.each([
    ["text/csv; charset=utf-8", "text/csv"],
    ["TEXT/PLAIN", "text/plain"],
    ["audio/ogg", "audio/ogg"],
    ["application/json", "application/json"],
    ["text/html", "text/plain"],
    ["text/javascript", "text/plain"],
    ["image/svg+xml", "application/octet-stream"],
    ["image/png", "application/octet-stream"],
    ["application/rss+xml", "application/octet-stream"],
    ["application/xhtml+xml", "application/octet-stream"],
    ["application/pdf", "application/octet-stream"],
    ["multipart/x-mixed-replace", "application/octet-stream"],
    ["nonsense", "application/octet-stream"],
    ["text/x\r\ny: z", "text/plain"],
    ["", "application/octet-stream"],
  ])("declared %j without such bytes is %s", (declared, type) => {
    expect(detectType(bytes("anything"), declared)).toBe(type);
  });

  test("is inline only where the bytes are a picture's", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 16 }), fc.string(), (head, declared) => {
        const type = detectType(head, declared);
        expect(type).toMatch(/^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/);
        if (isInlineType(type)) expect(detectType(head, "")).toBe(type);
      }),
    );
  });
});

describe("[T11] [T15] cleanFileName", () => {
  test.each([
    ["report.pdf", "report.pdf"],
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\me\\a b.txt", "a b.txt"],
    [".htaccess", "htaccess"],
    ["a\r\nb\0c", "abc"],
    ["evil\u202Egnp.exe", "evilgnp.exe"],
    ['a"b<c>:|?*.txt', "abc.txt"],
    ["ñandú 日本.png", "ñandú 日本.png"],
    ["", "file"],
    ["...", "file"],
    ["/", "file"],
  ])("%j is %j", (name, clean) => {
    expect(cleanFileName(name)).toBe(clean);
  });

  test("a long one keeps its extension", () => {
    expect(cleanFileName(`${"n".repeat(300)}.docx`)).toBe(`${"n".repeat(145)}.docx`);
    expect(cleanFileName(`${"n".repeat(300)}.${"x".repeat(300)}`)).toHaveLength(150);
  });

  test("half a character, sent so or left by the cut, is none: a header could not carry it", () => {
    for (const name of ["a\ud83d.txt", `${"n".repeat(144)}\u{1f600}${"n".repeat(9)}.txt`, `${"n".repeat(149)}\u{1f600}`]) {
      const clean = cleanFileName(name);
      expect([clean.isWellFormed(), clean.length <= 150]).toEqual([true, true]);
      expect(() => encodeURIComponent(clean)).not.toThrow();
    }
  });

  test("never holds a path, a control character or nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (name) => {
        const clean = cleanFileName(name);
        expect(clean.length).toBeGreaterThan(0);
        expect(clean.length).toBeLessThanOrEqual(150);
        expect(clean).not.toMatch(/[/\\\p{Cc}"<>]/u);
        expect(cleanFileName(clean)).toBe(clean);
      }),
    );
  });
});
