import { describe, expect, it, vi } from "vitest";
import MailFrame from "../../../web/inbox/conversation/MailFrame.vue";
import { hasRemoteImages, makeMailDocument } from "../../../web/inbox/conversation/mail-document.ts";
import { canShowHtml } from "../../../web/inbox/conversation/mail-size.ts";
import { answerWith, mountScreen } from "./mount-screen.ts";

// What the cleaner removes is not tested here: it needs a real browser's parser, and does nothing without one.
const frameOf = (html: string, remotes: ReadonlyMap<string, string> = new Map()) =>
  makeMailDocument(html, { remotes, images: new Map([["logo@1", "https://hilo.test/files/1?expires=1"]]) });
const REMOTE = "https://tracker.example/a.gif";
const LINK = "https://hilo.test/pictures?url=a";

describe("[E34] [T12] a mail's frame", () => {
  it("has a policy of its own that runs nothing and fetches nothing from elsewhere, after a click neither", () => {
    const html = `<img alt="" data-remote-src="${REMOTE}">`;
    expect(hasRemoteImages(html)).toBe(true);
    for (const frame of [frameOf(html), frameOf(html, new Map([[REMOTE, LINK]]))])
      expect(frame).toContain("default-src 'none'; img-src data: https://hilo.test; style-src 'unsafe-inline'");
  });

  it("[T24] [E35] has pictures of other servers signed on a click, and says where that failed", async () => {
    const sent = answerWith({});
    const props = { html: `<img alt="" data-remote-src="${REMOTE}">`, attachments: [], conversationId: "c" };
    const screen = await mountScreen(MailFrame, props);
    expect([sent, screen.find("iframe").attributes("srcdoc")?.includes("https:")]).toEqual([[], false]);
    await screen.find("button").trigger("click");
    await vi.waitFor(() => expect(screen.find("[role=alert]").text()).toBe("The pictures could not be loaded."));
    const again = answerWith({ "POST /api/pictures": { links: [LINK] } });
    await screen.find("button").trigger("click");
    await vi.waitFor(() => expect(screen.find("iframe").attributes("srcdoc")).toContain("img-src data: https://hilo.test;"));
    expect(again).toEqual([{ request: "POST /api/pictures", body: { urls: [REMOTE] } }]);
    expect(screen.find("button").exists()).toBe(false);
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
