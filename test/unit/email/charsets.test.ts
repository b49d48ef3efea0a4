import { describe, expect, test } from "vitest";
import { chooseCharset, decodeBytes, normaliseCharset } from "../../../worker/email/charsets.ts";

/** Bytes of known texts, encoded with other tools. */
const SAMPLES: [string, string, string][] = [
  [
    "gb18030",
    "您好，我的订单还没有到，请问什么时候能收到？谢谢。",
    "c4fabac3a3acced2b5c4b6a9b5a5bbb9c3bbd3d0b5bda3acc7ebcecacab2c3b4cab1baf2c4dccad5b5bda3bfd0bbd0bba1a3",
  ],
  [
    "big5",
    "您好，我的訂單還沒有到，請問什麼時候可以收到？謝謝。",
    "b17aa66ea141a7daaabaad71b3e6c1d9a853a6b3a8eca141bdd0b0dda4b0bbf2aec9add4a569a548a6aca8eca148c1c2c1c2a143",
  ],
  [
    "euc-kr",
    "안녕하세요. 주문한 상품이 아직 도착하지 않았습니다. 언제 받을 수 있나요?",
    "bec8b3e7c7cfbcbcbfe42e20c1d6b9aec7d120bbf3c7b0c0cc20bec6c1f720b5b5c2f8c7cfc1f620becabed2bdc0b4cfb4d92e20bef0c1a620b9dec0bb20bcf620c0d6b3aabfe43f",
  ],
  [
    "euc-jp",
    "荷物はまだ届いていません。いつ届きますか？",
    "b2d9caaaa4cfa4dea4c0c6cfa4a4a4c6a4a4a4dea4bba4f3a1a3a4a4a4c4c6cfa4ada4dea4b9a4aba1a9",
  ],
  ["shift_jis", "ありがとう。荷物は届きました。", "82a082e882aa82c682a4814289d795a882cd93cd82ab82dc82b582bd8142"],
  [
    "windows-1251",
    "Здравствуйте, мой заказ ещё не пришёл.",
    "c7e4f0e0e2f1f2e2f3e9f2e52c20eceee920e7e0eae0e720e5f9b820ede520eff0e8f8b8eb2e",
  ],
  [
    "koi8-r",
    "Здравствуйте, мой заказ ещё не пришёл.",
    "fac4d2c1d7d3d4d7d5cad4c52c20cdcfca20dac1cbc1da20c5dda320cec520d0d2c9dba3cc2e",
  ],
  [
    "windows-1252",
    "¿Cuándo llegará el señor Núñez? Ça été très drôle – “déjà vu” à Köln.",
    "bf4375e16e646f206c6c65676172e120656c207365f16f72204efaf1657a3f20c76120e974e9207472e873206472f46c652096209364e96ae02076759420e0204bf66c6e2e",
  ],
];

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

describe("[E7] bytes whose charset is missing or lies", () => {
  test.each(SAMPLES)("%s is recognised", (charset, text, hex) => {
    for (const declared of ["", "us-ascii", "utf-8", "x-nobody-knows"]) {
      expect(chooseCharset(bytesOf(hex), declared)).toBe(charset);
      expect(decodeBytes(bytesOf(hex), declared)).toBe(text);
    }
  });

  test("valid UTF-8 is UTF-8 whatever is declared", () => {
    expect(decodeBytes(new TextEncoder().encode("¿Qué? 日本"), "shift_jis")).toBe("¿Qué? 日本");
  });

  test("a declared charset that fits is believed", () => {
    expect(decodeBytes(Uint8Array.of(0xe1, 0xe2), "iso-8859-7")).toBe("αβ");
    expect(chooseCharset(Uint8Array.of(0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x42), "ISO-2022-JP")).toBe("iso-2022-jp");
  });

  test("a few accents are never Chinese", () => {
    expect(decodeBytes(bytesOf("4475f1f36e"), "")).toBe("Duñón");
  });

  test("labels are known under their other names", () => {
    expect(["UTF8", "cp932", '"iso-8859-1"', "x-unknown", "nonsense"].map(normaliseCharset)).toEqual([
      "utf-8",
      "shift_jis",
      "windows-1252",
      "",
      "",
    ]);
  });
});
