import { beforeEach, describe, expect, it } from "vitest";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import MessageItem from "../../../web/inbox/conversation/MessageItem.vue";
import { computeReach } from "../../../web/inbox/conversation/reach.ts";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import { aConversation, aMessage, COLLEAGUE, ME } from "./builders.ts";
import { mountScreen } from "./mount-screen.ts";

const reply = (part: Partial<Message> = {}) => aMessage({ seq: 5, author: { kind: "agent", ...ME }, ...part });
const mountReply = async (part: Partial<Message>, { isVisitorOnline = false, visitorSeenSeq = 0 } = {}) => {
  const conversation = aConversation(1, { visitorSeenSeq });
  const props = { message: reply(part), conversation, isVisitorOnline, isFirstOfGroup: true, isSubjectShown: true };
  const wrapper = await mountScreen(MessageItem, props);
  return { wrapper, label: () => wrapper.get("[data-label]").text().replace(/\s+/g, " ") };
};
const undoable = { state: "queued" as const, undoUntil: Date.now() + 60_000 };

beforeEach(() => showLocale("en"));

describe("how far a chat reply has come", () => {
  it.each([
    ["seen", { visitorSeenSeq: 5 }, false],
    ["delivered", { visitorSeenSeq: 4 }, true],
    ["delivered", { visitorSeenSeq: 4, visitorDeliveredSeq: 5 }, false],
    ["waiting", { visitorSeenSeq: 4, visitorDeliveredSeq: 4 }, false],
  ])("%s", (expected, conversation, isVisitorOnline) => {
    expect(computeReach(reply(), { conversation, isVisitorOnline })).toBe(expected);
  });

  it("is said of chat replies alone", () => {
    const known = { conversation: { visitorSeenSeq: 9 }, isVisitorOnline: true };
    expect(
      [reply({ channel: "email" }), reply({ channel: "note" }), aMessage({ seq: 5 })].map((m) => computeReach(m, known)),
    ).toEqual([null, null, null]);
  });

  it("and that it was mailed too are both said", async () => {
    const { label } = await mountReply({ delivery: { state: "sent" } }, { visitorSeenSeq: 5 });
    expect(label()).toMatch(/Seen.*Sent by email too/);
    expect((await mountReply({}, { isVisitorOnline: true })).label()).toContain("Delivered");
    expect((await mountReply({ delivery: { state: "failed", reason: "full" } })).label()).toContain("Email not delivered: full");
  });
});

describe("a mail", () => {
  it("can be taken back by its author alone, while there is time", async () => {
    const mine = await mountReply({ channel: "email", delivery: undoable });
    expect(mine.wrapper.get("[data-delivery] button").text()).toMatch(/^Undo \(\d+s\)$/);
    await mine.wrapper.get("[data-delivery] button").trigger("click");
    expect(mine.wrapper.emitted("undo")).toHaveLength(1);
    const other = await mountReply({ channel: "email", delivery: undoable, author: { kind: "agent", ...COLLEAGUE } });
    expect(other.wrapper.find("[data-delivery] button").exists()).toBe(false);
    const late = await mountReply({ channel: "email", delivery: { ...undoable, undoUntil: Date.now() - 1 } });
    expect(late.wrapper.find("[data-delivery] button").exists()).toBe(false);
  });

  it("that was taken back is no failure, and cannot be sent again by itself", async () => {
    const { wrapper, label } = await mountReply({
      channel: "email",
      delivery: { state: "failed", reason: "taken back before it was sent" },
    });
    expect(label()).toContain("Taken back");
    expect(wrapper.get("[data-delivery]").classes()).not.toContain("text-danger");
    expect(wrapper.find("[data-delivery] button").exists()).toBe(false);
  });

  it("[A5] whose outcome is unknown is sent again by hand only", async () => {
    const { wrapper, label } = await mountReply({ channel: "email", delivery: { state: "unknown", reason: "cut" } });
    expect(label()).toContain("Outcome unknown: cut");
    await wrapper.get("[data-delivery=unknown] button").trigger("click");
    expect(wrapper.emitted("mailAgain")).toHaveLength(1);
  });
});
