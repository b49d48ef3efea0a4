import { flushPromises } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import ContactPanel from "../../../web/inbox/contact/ContactPanel.vue";
import MessageItem from "../../../web/inbox/conversation/MessageItem.vue";
import UnsentItem from "../../../web/inbox/conversation/UnsentItem.vue";
import ConversationRow from "../../../web/inbox/list/ConversationRow.vue";
import { aLiveConversation } from "./a-live-conversation.ts";
import { aConversation, aMessage, idOf, ME } from "./builders.ts";
import { answerWith, findBarriers, mountScreen } from "./mount-screen.ts";

const HOSTILE = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
const hostileContact = { id: idOf(5), name: HOSTILE, email: "a@example.com" };

const mountMessage = (part: Partial<Message>, conversation = aConversation(1, { contact: hostileContact })) =>
  mountScreen(MessageItem, {
    message: aMessage(part),
    conversation,
    isVisitorOnline: false,
    isFirstOfGroup: true,
    isSubjectShown: true,
  });

describe("a message", () => {
  it("[S9] says by which channel it came", async () => {
    expect((await mountMessage({ channel: "chat" })).get("[data-channel]").text()).toBe("Web chat");
    expect((await mountMessage({ channel: "email" })).get("[data-channel]").text()).toBe("Email");
  });

  it("says what became of it, in red and with the reason where it failed", async () => {
    const failed = await mountMessage({
      author: { kind: "agent", ...ME },
      channel: "email",
      delivery: { state: "failed", reason: "The mailbox is full." },
    });
    expect(failed.get("[data-delivery=failed] > span").text()).toBe("Not delivered: The mailbox is full.");
    expect(failed.get("[data-delivery=failed]").classes()).toContain("text-danger");
  });

  it("is marked where only agents see it", async () => {
    const note = await mountMessage({ author: { kind: "agent", ...ME }, channel: "note" });
    expect(note.get("[data-bubble]").text()).toContain("Only agents see this");
    expect(note.get("[data-bubble]").classes()).toContain("bg-note");
  });

  it("[T2] a mail without a name is its address's, whatever the visitor in the chat calls themselves", async () => {
    const conversation = aConversation(1, {
      contact: null,
      hasVisitor: true,
      visitor: { name: "Eve" },
      address: { email: "eve@x.test", level: "typed", claimed: null },
      unconfirmedMail: { seq: 2, email: "vera@x.test" },
    });
    const mail = await mountMessage({ author: { kind: "contact" }, channel: "email" }, conversation);
    expect(mail.get("article").attributes("aria-label")).toBe("vera@x.test");
    const chat = await mountMessage({ author: { kind: "visitor" }, channel: "chat" }, conversation);
    expect(chat.get("article").attributes("aria-label")).toBe("Eve");
  });

  it("[M13] leads to the conversation that it refers to and does not belong to", async () => {
    const wrapper = await mountMessage({ channel: "email", mail: { linkedTo: idOf(9) } });
    expect(wrapper.text()).toContain("It refers to a mail of another conversation");
    expect(wrapper.get("[data-bubble] a").attributes("href")).toBe(`/conversations/${idOf(9)}`);
  });

  it("folds quoted text", async () => {
    const wrapper = await mountMessage({ channel: "email", quoted: "> earlier" });
    expect(wrapper.text()).not.toContain("> earlier");
    await wrapper.get("button[aria-expanded]").trigger("click");
    expect(wrapper.text()).toContain("> earlier");
  });

  it("[T12] shows hostile names, texts, subjects, quotes and file names as text", async () => {
    const attachments = [{ id: idOf(7), name: HOSTILE, type: "text/plain", size: 1 }];
    const mail = { isNewPerson: true, from: { address: HOSTILE }, campaign: HOSTILE, forwardedBy: HOSTILE };
    const part = { text: HOSTILE, subject: HOSTILE, quoted: HOSTILE, channel: "email", attachments, mail } as const;
    const wrapper = await mountMessage({ ...part, author: { kind: "contact", name: HOSTILE } });
    await wrapper.get("button[aria-expanded]").trigger("click");
    expect(wrapper.element.querySelectorAll("img, script")).toHaveLength(0);
    expect(wrapper.text().split(HOSTILE).length - 1).toBeGreaterThanOrEqual(7);
  });

  it("[T12] shows hostile names and previews as text in the list", async () => {
    const lastMessage = { seq: 1, at: 1, author: { kind: "visitor" as const }, channel: "chat" as const, preview: HOSTILE };
    const conversation = aConversation(1, { contact: hostileContact, lastMessage });
    const wrapper = await mountScreen(ConversationRow, {
      conversation,
      now: 2,
      isSelected: false,
      myId: ME.id,
      assigneeName: HOSTILE,
    });
    expect(wrapper.element.querySelectorAll("img, script")).toHaveLength(0);
    expect(wrapper.text()).toContain(HOSTILE);
  });

  it("[T12] shows what a visitor's browser says as text in the contact panel", async () => {
    answerWith({});
    const visitor = { page: `javascript:alert(1) ${HOSTILE}`, locale: HOSTILE, userAgent: HOSTILE, country: HOSTILE };
    const wrapper = await mountScreen(ContactPanel, { conversation: aConversation(1, { visitor }), hasBack: false });
    await flushPromises();
    expect(wrapper.element.querySelectorAll("img, script, a[href^=javascript]")).toHaveLength(0);
    expect(wrapper.text()).toContain(HOSTILE);
  });

  it("that was refused can be sent again or thrown away", async () => {
    const { live } = aLiveConversation();
    const unsent = { clientId: "c", text: HOSTILE, attachments: [], createdAt: 0, failure: { reason: "no_address" } };
    const wrapper = await mountScreen(UnsentItem, { unsent, live });
    expect(wrapper.text()).toContain("no email address is known");
    expect(wrapper.findAll("button").map((button) => button.text())).toEqual(["Send again", "Discard"]);
  });

  it("has no barriers", async () => {
    await mountMessage({
      channel: "email",
      quoted: "q",
      html: "<p>x</p>",
      attachments: [{ id: idOf(7), name: "a.pdf", type: "application/pdf", size: 9 }],
    });
    expect(await findBarriers()).toEqual([]);
  });
});

const mountRow = (part: Parameters<typeof aConversation>[1]) =>
  mountScreen(ConversationRow, {
    conversation: aConversation(1, part),
    now: 1,
    isSelected: false,
    myId: ME.id,
    assigneeName: "",
  });

describe("a row of the list", () => {
  it("[S4][S6] has a check mark when complete and a green dot while the visitor is online", async () => {
    const quiet = await mountRow({});
    expect(quiet.find("[aria-label=Complete]").exists()).toBe(false);
    expect(quiet.find("[data-online]").exists()).toBe(false);
    const other = await mountRow({ status: "complete", isVisitorOnline: true, unread: true });
    expect(other.find("[aria-label=Complete]").exists()).toBe(true);
    expect(other.find("[data-online]").exists()).toBe(true);
    expect(other.text()).toContain("Unread");
  });
});
