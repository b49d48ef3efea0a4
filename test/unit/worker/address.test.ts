import { describe, expect, it } from "vitest";
import * as v from "valibot";
import { ADDRESS_BYTES_MAX, isAddress, isAsciiAddress, toAsciiAddress } from "../../../worker/domain/address.ts";
import { emailSchema } from "../../../worker/domain/api-shapes.ts";
import { findOwnMailbox } from "../../../worker/domain/own-address.ts";
import { validateOutgoing } from "../../../worker/email/validate-outgoing.ts";
import { buildOutgoing } from "../email-out/build-outgoing.ts";

const GOOD = [
  "a@b",
  "a.b+c@d-e.example",
  "o'neill@example.com",
  "!#$%&*/=?^_`{|}~-@example.com",
  `${"a".repeat(64)}@x.example`,
  "ana@b\u00fccher.example",
  "ana@\u043f\u043e\u0447\u0442\u0430.\u0440\u0444",
  "ana@4chan.example",
];

const BAD = [
  "",
  "a",
  "@b",
  "a@",
  "a@b@c",
  ".a@b",
  "a.@b.example",
  "ana..b@example.com",
  "jos\u00e9@example.com",
  "a@example.com\r\nBcc: c@d",
  "a\0@b.example",
  "a b@c.example",
  '"a"@b',
  "a(b)@c.example",
  "<a@b>",
  "a@b,c@d",
  "a@[1.2.3.4]",
  "a@1.2.3.4",
  "a@-b",
  "a@b-",
  "a@b..c",
  "a@b.",
  "a@b_c.example",
  "a@b/c.example",
  "a@b:25",
  "a@\u00fc/evil.example",
  "a@\u00fc:x@evil.example",
  `${"a".repeat(65)}@b`,
  `a@${"b".repeat(64)}`,
  `a@${"b.".repeat(130)}example`,
];

/** Whether a mail to it would leave. */
const canLeave = (address: string): boolean =>
  validateOutgoing(buildOutgoing({ to: [{ address: toAsciiAddress(address), name: null }] })).kind === "ok";

describe("[T15] [E30] an address", () => {
  it.each(GOOD)("is %j: at every door, and for the post", (address) => {
    expect([isAddress(address), v.is(emailSchema, address), canLeave(address)]).toEqual([true, true, true]);
  });

  it.each(BAD)("is not %j: no door takes what the post does not", (address) => {
    expect([isAddress(address), v.is(emailSchema, address), canLeave(address)]).toEqual([false, false, false]);
  });

  it("travels with its domain in ASCII, which it is taken in too", () => {
    expect(toAsciiAddress("ana@b\u00fccher.example")).toBe("ana@xn--bcher-kva.example");
    expect([isAsciiAddress("ana@b\u00fccher.example"), isAddress("ana@xn--bcher-kva.example")]).toEqual([false, true]);
  });

  it("is as long as the protocol allows, with its domain in ASCII", () => {
    const domain = `${"b".repeat(60)}.${"b".repeat(60)}.${"b".repeat(60)}.example`;
    const longest = `${"a".repeat(ADDRESS_BYTES_MAX - domain.length - 1)}@${domain}`;
    expect([longest.length, isAddress(longest), isAddress(`a${longest}`)]).toEqual([254, true, false]);
    expect(isAddress(`${"a".repeat(60)}@${"\u00fc".repeat(60)}.${"\u00fc".repeat(60)}.${"\u00fc".repeat(60)}.example`)).toBe(
      false,
    );
  });
});

describe("[T2] an address of our own", () => {
  const mailboxes = [{ address: "help@acme.test" }, { address: "sales@acme.test" }, { address: "hola+shop@otra.test" }];

  it.each([
    ["help@acme.test", "help@acme.test"],
    [" Help@ACME.test ", "help@acme.test"],
    ["sales+spring@acme.test", "sales@acme.test"],
    ["hola+shop@otra.test", "hola+shop@otra.test"],
    ["hola+shop+x@otra.test", "hola+shop@otra.test"],
    ["postmaster@acme.test", "help@acme.test"],
    ["Postmaster@otra.test", "hola+shop@otra.test"],
    ["postmaster+dmarc@acme.test", "help@acme.test"],
    ["postmaster", "help@acme.test"],
  ])("%j is of %s", (address, mailbox) => expect(findOwnMailbox(mailboxes, address)).toEqual({ address: mailbox }));

  it.each([
    "ana@acme.test",
    "help@acme.test.evil.example",
    "help@sub.acme.test",
    "hola@otra.test",
    "postmaster@evil.test",
    "postmasters@acme.test",
    "",
  ])("%j is not", (address) => expect(findOwnMailbox(mailboxes, address)).toBeNull());
});
