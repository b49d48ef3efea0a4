import { describe, expect, test } from "vitest";
import { composeAccountText, type AccountMail } from "../../../worker/email/compose-account.ts";
import { composeSystemMail } from "../../../worker/email/compose-system.ts";

const URL = `https://hilo.test/invitation#token=${"x_-".repeat(14)}A`;
const BREAK = "\r\nBcc: everyone@evil.test\r\n";
const KINDS: AccountMail[] = [
  { kind: "invitation", url: URL, inviter: "Olga <b>Owner</b>" },
  { kind: "reset", url: URL },
  { kind: "sign-in", url: URL },
];

const compose = (mail: AccountMail, locale: "en" | "es", company = "Acme") => {
  const text = composeAccountText(mail, { locale, company, email: "ana@acme.test" });
  const from = { address: "help@acme.test", name: company };
  return composeSystemMail({
    locale,
    from,
    to: { address: "ana@acme.test", name: "Ana" },
    ...text,
    messageId: null,
    loopMarker: "m",
  });
};

describe("[T22] a mail about an account", () => {
  test.each(KINDS)("has its whole link as text and as a link, in both languages: $kind", (mail) => {
    const [english, spanish] = [compose(mail, "en"), compose(mail, "es")];
    expect(english.subject).not.toBe(spanish.subject);
    for (const { text, html, subject, replyTo } of [english, spanish]) {
      expect(text.split("\n")).toContain(URL);
      expect(html).toContain(`<a href="${URL}"`);
      expect(subject).toContain("Acme");
      expect(replyTo).toBeNull();
    }
  });

  test("[T15] keeps a company's line breaks out of its headers, and names are text in its HTML", () => {
    for (const mail of KINDS) {
      const { subject, html } = compose(mail, "en", `Acme${BREAK}`);
      expect(subject).not.toMatch(/[\r\n]/);
      expect(html).not.toContain("<b>");
    }
  });
});
