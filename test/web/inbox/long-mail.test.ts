import { flushPromises } from "@vue/test-utils";
import { describe, expect, it, vi } from "vitest";
import LeftOutNotice from "../../../web/inbox/conversation/LeftOutNotice.vue";
import LongMailFrame from "../../../web/inbox/conversation/LongMailFrame.vue";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import { answerWith, findBarriers, mountScreen } from "./mount-screen.ts";

const props = { ledgerId: "01a20000-0000-7000-8000-000000000001", attachments: [], conversationId: "c" };
const ROUTE = `GET /api/ledger/${props.ledgerId}/html`;

describe("[E37] a mail whose HTML did not come with its message", () => {
  it("can be asked for again where it could not be had, and is shown in the frame of all mails", async () => {
    answerWith({});
    const screen = await mountScreen(LongMailFrame, props);
    await vi.waitFor(() => expect(screen.find("[role=alert]").text()).toContain("could not be loaded"));
    expect(await findBarriers()).toEqual([]);
    answerWith({ [ROUTE]: { html: "<p>News</p>" } });
    await screen.find("button").trigger("click");
    await vi.waitFor(() => expect(screen.find("iframe").attributes("srcdoc")).toContain("News"));
  });

  it("says where it is beyond what can be shown, and offers the raw mail", async () => {
    answerWith({ [ROUTE]: { html: null } });
    const screen = await mountScreen(LongMailFrame, props);
    await flushPromises();
    await vi.waitFor(() => expect(screen.text()).toContain("too large to be shown"));
    expect(screen.find("a").attributes("href")).toBe(`/api/ledger/${props.ledgerId}/raw`);
  });
});

describe("[T19] a mail of which a part was left out", () => {
  const { ledgerId } = props;
  const mail = {
    ledgerId,
    leftOut: [
      { kind: "files" as const, count: 12 },
      { kind: "lines" as const, count: 1 },
      { kind: "headers" as const, count: 498_002 },
      { kind: "text" as const, count: 2_400_000 },
    ],
  };

  it("says in one line what it was, and offers the original", async () => {
    const screen = await mountScreen(LeftOutNotice, { mail });
    expect(screen.text()).toContain("Part of this email was left out: 12 files, 1 line, 498,002 header lines, 2.4 MB of text.");
    expect(screen.find("a").attributes("href")).toBe(`/api/ledger/${ledgerId}/raw`);
    expect(screen.find("button").exists()).toBe(false);
    expect(await findBarriers()).toEqual([]);
  });

  it("in Spanish too", async () => {
    await showLocale("es");
    const screen = await mountScreen(LeftOutNotice, { mail });
    expect(screen.text()).toContain("12 archivos, 1 línea, 498.002 líneas de cabecera y 2,4 MB de texto");
    await showLocale("en");
  });

  it("can be read in full where that has not come to an end before", async () => {
    answerWith({ [`POST /api/ledger/${ledgerId}/parse`]: {} });
    const screen = await mountScreen(LeftOutNotice, { mail: { ...mail, isPartial: true } });
    await screen.find("button").trigger("click");
    await vi.waitFor(() => expect(screen.find("button").attributes("disabled")).toBeUndefined());
  });
});
