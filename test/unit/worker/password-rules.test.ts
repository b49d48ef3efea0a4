import { dictionary } from "@zxcvbn-ts/language-common";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PASSWORD_LENGTH_MIN } from "../../../worker/domain/api-shapes.ts";
import { COMMON_PASSWORD_HASHES } from "../../../worker/domain/common-passwords.ts";
import { findPasswordFlaw, foldPassword, hashPassword } from "../../../worker/domain/password-rules.ts";

const LIST = dictionary["passwords-common"].map(String);
const ANA = ["Acme & Sons", "Ana Ruiz", "ana.ruiz@acme-sons.test"];

describe("[T22] a new password", () => {
  test("is none of the 10,000 commonest, however it is capitalised: each is too short or refused", () => {
    for (const password of LIST.slice(0, 10_000))
      for (const spelled of [password, password.toUpperCase()])
        expect([spelled, spelled.length < PASSWORD_LENGTH_MIN || findPasswordFlaw(spelled, []) === "common"]).toEqual([
          spelled,
          true,
        ]);
  });

  test("is looked up in the list that the program has made from its source", () => {
    const long = LIST.map(foldPassword).filter((password) => password.length >= PASSWORD_LENGTH_MIN);
    const hashes = [...new Set(long.map(hashPassword))].sort((a, b) => a - b);
    const bytes = Buffer.alloc(hashes.length * 4);
    hashes.forEach((hash, index) => bytes.writeUInt32BE(hash, index * 4));
    expect(COMMON_PASSWORD_HASHES).toBe(bytes.toString("base64"));
  });

  test.each([
    "1111111111",
    "1212121212",
    "abcabcabcabc",
    "passwordpassword",
    "0123456789",
    "9876543210",
    "abcdefghijkl",
    "poiuytrewq",
    "1234567890-",
    "QWERTZUIOP",
  ])("is no pattern: %s", (password) => {
    expect(findPasswordFlaw(password, [])).toBe("common");
  });

  test.each(["ana.ruiz@acme-sons.test", "Acme & Sons", "AnaRuizAcme", "acme-sons-2026", "Ruiz.Ana.1999", "SonsAcmeSons!"])(
    "is not made of what everybody knows: %s",
    (password) => {
      expect(findPasswordFlaw(password, ANA)).toBe("personal");
    },
  );

  test.each(["correct horse", "ana likes long walks", "acme but with much more", "a password for tests", "ñandú en bicicleta"])(
    "may be %s",
    (password) => {
      expect(findPasswordFlaw(password, ANA)).toBeNull();
    },
  );

  test("that is random is refused for nothing", () => {
    const random = fc.uint8Array({ minLength: 12, maxLength: 24 }).map((bytes) => Buffer.from(bytes).toString("base64url"));
    fc.assert(
      fc.property(random, (password) => {
        fc.pre(new Set(password.toLowerCase()).size >= 8);
        expect(findPasswordFlaw(password, ANA)).toBeNull();
      }),
    );
  });
});
