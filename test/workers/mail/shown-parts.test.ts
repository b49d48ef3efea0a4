import { beforeEach, describe, expect, test } from "vitest";
import { ledgerHtmlSchema } from "../../../worker/domain/api-shapes.ts";
import { freshDeployment } from "../support/deployment.ts";
import { read, refused } from "../support/http.ts";
import { ledger, rawMail, receive } from "../support/inbound.ts";
import { listThreads, openThread } from "../support/threads.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

async function shown(contentType: string, parts: string[]) {
  await receive(
    rawMail({
      headers: ["MIME-Version: 1.0", `Content-Type: ${contentType}; boundary="b"`],
      text: `${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--`,
    }),
  );
  const [thread] = await listThreads(key, 1);
  const [message] = (await openThread(key, thread?.id)).messages;
  return message;
}

describe("what an agent is given to show of a mail", () => {
  test("its own pictures keep the name that the HTML knows them by; remote ones have no address that loads", async () => {
    const message = await shown("multipart/related", [
      'Content-Type: text/html\r\n\r\n<p>Look</p><img src="cid:dot@x"><img src="https://tracker.example/a.gif">',
      "Content-Type: image/gif; name=dot.gif\r\nContent-ID: <dot@x>\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlhAQABAAAAACw=",
    ]);
    expect(message?.attachments).toMatchObject([{ name: "dot.gif", type: "image/gif", contentId: "dot@x", isInline: true }]);
    expect(message?.html?.trim()).toBe(
      '<p>Look</p><img data-cid="dot@x" /><img data-remote-src="https://tracker.example/a.gif" />',
    );
  });

  test("pictures below the last words stay where nothing was cut, and above the cut where something was", async () => {
    const picture = '<img src="https://x.example/photo.jpg">';
    const quote = '<br><div class="gmail_quote">On Mon, 2 Nov 2026 Ana wrote:<blockquote>Old words</blockquote></div>';
    const message = await shown("multipart/mixed", [`Content-Type: text/html\r\n\r\n<div>See the photo</div>${picture}${quote}`]);
    expect([message?.text, message?.html?.includes("photo.jpg"), message?.html?.includes("Old words")]).toEqual([
      "See the photo",
      true,
      false,
    ]);
    expect(message?.quoted).toContain("Old words");
  });

  test("an invitation, and that it is signed", async () => {
    const calendar =
      "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Fitting\r\nDTSTART:20261102T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR";
    const message = await shown('multipart/signed; protocol="application/pgp-signature"', [
      "Content-Type: text/plain\r\n\r\nPlease come",
      `Content-Type: text/calendar; method=REQUEST\r\n\r\n${calendar}`,
      "Content-Type: application/pgp-signature; name=signature.asc\r\n\r\n-----BEGIN PGP SIGNATURE-----",
    ]);
    expect(message?.mail).toMatchObject({
      invitation: { kind: "request", summary: "Fitting", start: "2026-11-02T10:00:00Z" },
      protection: { kind: "signed", by: "pgp" },
    });
  });
});

describe("[E37] HTML that is too long to travel with its message", () => {
  const newsletter = `<p>Hello</p>${'<p style="color: red" onclick="x()">Twelve words of news that fill a newsletter until it is long</p>'.repeat(1_500)}`;

  test("is not in the message, and is read, clean, when somebody asks for it", async () => {
    const message = await shown("multipart/mixed", [`Content-Type: text/html\r\n\r\n${newsletter}`]);
    expect(message?.html).toBeUndefined();
    expect(message?.mail).toMatchObject({ hasLongHtml: true });
    const route = `GET /api/ledger/${message?.mail?.ledgerId}/html`;
    const { html } = await read(ledgerHtmlSchema, { key }, route);
    expect(html?.length).toBeGreaterThan(100_000);
    expect(html).toContain("Twelve words of news");
    expect(html).not.toContain("onclick");
    await refused(null, route, [401, "not_signed_in"]);
  });

  test("is so by what is shown, which is longer than what came: links get more attributes", async () => {
    const links = "<p><a href='https://shop.example/a'>x</a></p>".repeat(2_000);
    expect(links.length).toBeLessThan(100_000);
    const message = await shown("multipart/mixed", [`Content-Type: text/html\r\n\r\n${links}`]);
    expect(message?.html).toBeUndefined();
    expect(message?.mail).toMatchObject({ hasLongHtml: true });
    const { html } = await read(ledgerHtmlSchema, { key }, `GET /api/ledger/${message?.mail?.ledgerId}/html`);
    expect(html).toContain("https://shop.example/a");
  });

  test("is null beyond what can be shown, and where there is none", async () => {
    const message = await shown("multipart/mixed", [`Content-Type: text/html\r\n\r\n${newsletter.repeat(10)}`]);
    expect(message?.mail).toMatchObject({ hasLongHtml: true });
    expect(await read(ledgerHtmlSchema, { key }, `GET /api/ledger/${message?.mail?.ledgerId}/html`)).toEqual({ html: null });
    await receive(rawMail({ from: "plain@example.test" }));
    const [plain] = await ledger(key);
    expect(await read(ledgerHtmlSchema, { key }, `GET /api/ledger/${plain?.id}/html`)).toEqual({ html: null });
  });
});
