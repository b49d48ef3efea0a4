import { describe, expect, it } from "vitest";
import { findOtherTarget } from "../../../web/inbox/conversation/link-target.ts";

const EVIL = "https://evil.example/login";

describe("[E36] [T12] a link that names another place than it leads to", () => {
  it.each([
    ["https://bank.example/login"],
    ["bank.example"],
    ["WWW.BANK.EXAMPLE"],
    ["Sign in at bank.example now."],
    ["» bank.example/login?a=b «"],
    ["ba\u200bnk.exa\u00admple"],
    ["bank\u200b.\u2060example"],
    ["bank\uff0eexample"],
    ["bank\u3002example"],
    ["b\u00e4nk.example"],
    ["evil.example.bank.example"],
    ["bank.example and evil.example"],
    ["help@bank.example"],
    ["  \n bank.example \n "],
  ])("%j says where", (text) => expect(findOtherTarget(text, EVIL)).toBe("evil.example"));

  it.each([
    ["Click here", EVIL],
    ["1.5 kg, e. g. this", EVIL],
    ["evil.example", EVIL],
    ["https://www.evil.example/other", EVIL],
    ["Evil.Example", EVIL],
    ["bänk.example", "https://xn--bnk-qla.example/"],
    ["bank.example", "https://www.bank.example/"],
    ["bank.example", "tel:+34600000000"],
    ["bank.example", "no address"],
    ["Ana@bank.example", "mailto:ana@bank.example?subject=x"],
    ["", EVIL],
  ])("%j to %s does not", (text, href) => expect(findOtherTarget(text, href)).toBeNull());

  it("says to whom a mail would go", () => {
    expect(findOtherTarget("help@bank.example", "mailto:thief@evil.example")).toBe("thief@evil.example");
  });
});
