import { describe, expect, it } from "vitest";
import MailFrame from "../../../web/inbox/conversation/MailFrame.vue";
import { hasRemoteImages, makeMailDocument } from "../../../web/inbox/conversation/mail-document.ts";
import { canShowHtml } from "../../../web/inbox/conversation/mail-size.ts";
import { mountScreen } from "./mount-screen.ts";

// What the cleaner removes is not tested here: it needs a real browser's parser, and does nothing without one.
const frameOf = (html: string, isRemoteAllowed = false) =>
  makeMailDocument(html, { isRemoteAllowed, images: new Map([["logo@1", "https://hilo.test/files/1?expires=1"]]) });

describe("[E34] [T12] a mail's frame", () => {
  it("has a policy of its own that runs nothing and fetches nothing from elsewhere before a click", () => {
    const html = `<img alt="" data-remote-src="https://tracker.example/a.gif">`;
    expect(hasRemoteImages(html)).toBe(true);
    expect(frameOf(html)).toContain("default-src 'none'; img-src data: https://hilo.test; style-src 'unsafe-inline'");
    expect(frameOf(html, true)).toContain("default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'");
  });

  it("is sandboxed without scripts and without this page's origin", async () => {
    const wrapper = await mountScreen(MailFrame, { html: "<p>x</p>", attachments: [], conversationId: "c" });
    expect(wrapper.get("iframe").attributes("sandbox")).toBe("allow-popups allow-popups-to-escape-sandbox");
  });

  it("[E37] is not offered for a mail that would stall the page", () => {
    expect(canShowHtml("<p>x</p>")).toBe(true);
    expect(canShowHtml("x".repeat(1_000_001))).toBe(false);
    expect(canShowHtml("<a href=x>y</a>".repeat(5_001))).toBe(false);
  });
});
