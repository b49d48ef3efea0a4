import { flushPromises } from "@vue/test-utils";
import { describe, expect, it, vi } from "vitest";
import LongMailFrame from "../../../web/inbox/conversation/LongMailFrame.vue";
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
