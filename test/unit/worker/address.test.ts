import { describe, expect, it } from "vitest";
import * as v from "valibot";
import {
  ADDRESS_BYTES_MAX,
  canonicalAddress,
  isAddress,
  isAsciiAddress,
  toAsciiAddress,
} from "../../../worker/domain/address.ts";
import { signInSchema } from "../../../worker/domain/account-shapes.ts";
import { emailSchema, undeliverableQuerySchema } from "../../../worker/domain/api-shapes.ts";
import { findOwnMailbox } from "../../../worker/domain/own-address.ts";
import { parseAddress, parseAddressList } from "../../../worker/email/addresses.ts";
import { parseDeliveryEvent } from "../../../worker/email/delivery-events.ts";
import { findOtherPeople } from "../../../worker/email/other-people.ts";
import { splitSubaddress, withoutDetails } from "../../../worker/email/subaddress.ts";
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

/** Each of them is mailed at the last. */
const SPELLINGS = [
  [" Victim@GMail.com ", "victim@gmail.com"],
  ["victim@\uff47mail.com", "victim@gmail.com"],
  ["victim@\u1d4dmail.com", "victim@gmail.com"],
  ["victim@gmail.\uff43om", "victim@gmail.com"],
  ["VICTIM@\uff27\uff2d\uff21\uff29\uff2c.com", "victim@gmail.com"],
  ["victim@gmail\ufe0f.com", "victim@gmail.com"],
  ["victim+1@\u{1d420}mail.com", "victim+1@gmail.com"],
  ["victim@gmai\u2113.com", "victim@gmail.com"],
  ["ana@B\u00dcCHER.example", "ana@xn--bcher-kva.example"],
  ["ana@bu\u0308cher.example", "ana@xn--bcher-kva.example"],
  ["ana@XN--BCHER-KVA.example", "ana@xn--bcher-kva.example"],
  ["ana@\u039f\u0394\u039f\u03a3.example", "ana@xn--pxavbq.example"],
] as const;

/** In letters that only look like others: another mailbox, and seen to be. */
const LOOK_ALIKES = [
  ["victim@gm\u0430il.com", "victim@xn--gmil-63d.com"],
  ["victim@\u0261mail.com", "victim@xn--mail-z7b.com"],
] as const;

describe("[T1] [T2] [T20] the one spelling of an address", () => {
  it.each([...SPELLINGS, ...LOOK_ALIKES])("of %j is %s, at every door and in every mail", (typed, known) => {
    expect(canonicalAddress(typed)).toBe(known);
    expect(canonicalAddress(known)).toBe(known);
    expect(v.parse(emailSchema, typed)).toBe(known);
    expect(v.parse(signInSchema, { email: typed, password: "x" }).email).toBe(known);
    expect(v.parse(undeliverableQuerySchema, { emails: `a@b.example,${typed}` }).emails).toEqual(["a@b.example", known]);
    expect(parseAddress(typed)).toBe(known);
    expect(parseAddressList(`Victim <${typed}>, ${typed}`).map(({ address }) => address)).toEqual([known, known]);
    expect(splitSubaddress(typed.replace("@", "+shop@")).base).toBe(known);
  });

  it.each(SPELLINGS)("%j is no name that hides %s", (typed, known) => {
    expect(parseAddressList(`"${typed}" <${known}>`)).toEqual([{ address: known, name: null }]);
  });

  it("is what the platform's reports are looked up by", () => {
    const payload = { messageId: "<1@acme.test>", sender: "help@\u1d43cme.test", recipient: "Ana@b\u00fccher.example" };
    expect(parseDeliveryEvent({ type: "cf.email.sending.message.complained", payload })).toMatchObject({
      sender: "help@acme.test",
      report: { recipient: "ana@xn--bcher-kva.example" },
    });
  });

  it.each(["x", "", "not an address @", "jos\u00e9@example.com", "ana@\u00fc/evil.example"])("leaves %j as it is", (text) => {
    expect(canonicalAddress(text)).toBe(text);
  });

  it("a domain that has no ASCII form is none: no mail is from it", () => {
    expect(parseAddress("a@\u05d01a.example")).toBeNull();
  });

  it.each([
    ["victim@gmail.com", "victim@gmail.com"],
    ["victim+1@gmail.com", "victim@gmail.com"],
    ["Victim+1+2@\uff47mail.com", "victim@gmail.com"],
    ["+1@gmail.com", "+1@gmail.com"],
  ])("without its details %j is %s, however many there are", (address, mailbox) => {
    expect(withoutDetails(address)).toBe(mailbox);
  });
});

describe("[T2] an address of our own", () => {
  it.each(["help@\uff41cme.test", "help+x@acme.t\u1d49st", "postmaster@\u{1d41a}cme.test"])(
    "is known in the letters of %j",
    (address) => {
      expect(findOwnMailbox(mailboxes, address)?.address).toBe("help@acme.test");
      const mail = { from: null, to: [{ address, name: null }], cc: [] };
      if (!address.startsWith("postmaster")) expect(findOtherPeople(mail, ["help@acme.test"])).toEqual([]);
    },
  );

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
