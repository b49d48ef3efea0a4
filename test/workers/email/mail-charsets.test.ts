import { describe, expect, test } from "vitest";
import { parseMail } from "../../../worker/email/parse.ts";

/** Decoders differ between runtimes, above all for windows-1252, so these run where the product runs. */

async function textOf(charset: string, body: number[]): Promise<string> {
  const header = new TextEncoder().encode(`From: lena@harbor.example\r\nContent-Type: text/plain${charset}\r\n\r\n`);
  return (await parseMail(Uint8Array.from([...header, ...body]))).text;
}

describe("mails decoded in workerd", () => {
  test("windows-1252 punctuation, declared as ISO 8859-1", async () => {
    const bytes = [0x93, 0x4c, 0x6c, 0x65, 0x67, 0xf3, 0x94, 0x20, 0x96, 0x20, 0x35, 0x20, 0x80];
    expect(await textOf("; charset=iso-8859-1", bytes)).toBe("“Llegó” – 5 €");
    expect(await textOf("; charset=windows-1252", bytes)).toBe("“Llegó” – 5 €");
    expect(await textOf("; charset=utf-8", bytes)).toBe("“Llegó” – 5 €");
  });

  test("UTF-8 that claims to be something else", async () => {
    expect(await textOf("; charset=iso-8859-1", [...new TextEncoder().encode("¿Qué tal? 日本")])).toBe("¿Qué tal? 日本");
  });

  test("Shift_JIS without any declaration", async () => {
    const bytes = [0x82, 0xa0, 0x82, 0xe8, 0x82, 0xaa, 0x82, 0xc6, 0x82, 0xa4, 0x81, 0x42];
    expect(await textOf("", bytes)).toBe("ありがとう。");
  });

  test("a label nobody knows", async () => {
    expect(await textOf("; charset=x-made-up", [0x63, 0x61, 0x66, 0xe9])).toBe("café");
  });
});
