import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";
import BlockContact from "../../../web/inbox/contact/BlockContact.vue";
import ContactPanel from "../../../web/inbox/contact/ContactPanel.vue";
import ThreadHeader from "../../../web/inbox/conversation/ThreadHeader.vue";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import { useToasts } from "../../../web/inbox/ui/toasts.ts";
import { aLiveConversation } from "./a-live-conversation.ts";
import { aConversation, idOf } from "./builders.ts";
import { answerWith, findBarriers, findOnPage, mountScreen } from "./mount-screen.ts";

const contact = (isBlocked: boolean, isProven = true) => ({
  id: idOf(5),
  name: "Vera",
  email: "vera@example.com",
  addresses: [{ email: "vera@example.com", isProven, isUndeliverable: false }],
  isBlocked,
  attributes: {},
  createdAt: 1,
});
const patch = `PATCH /api/contacts/${idOf(5)}`;

const dialog = () => document.querySelector("[role=dialog]");
const press = async (name: string) => {
  await findOnPage("button", name).trigger("click");
  await vi.dynamicImportSettled();
  await flushPromises();
};

beforeEach(async () => showLocale("en"));

describe("[M7] blocking a contact", () => {
  it("asks first, says what will happen, and says that it has", async () => {
    const sent = answerWith({ [patch]: contact(true) });
    await mountScreen(BlockContact, { contact: contact(false) });
    await press("Block");
    expect(dialog()?.textContent).toContain("Block Vera?");
    expect(dialog()?.textContent).toContain("kept aside");
    expect(dialog()?.textContent).not.toContain("only typed");
    expect(await findBarriers(dialog() ?? document.body)).toEqual([]);
    expect(sent).toEqual([]);
    await press("Block");
    expect(sent).toContainEqual({ request: patch, body: { isBlocked: true } });
    expect(useToasts().value.at(-1)?.text).toContain("Vera is blocked");
  });

  it("warns where the address was only typed, and may be somebody else's", async () => {
    answerWith({});
    await mountScreen(BlockContact, { contact: contact(false, false) });
    await press("Block");
    expect(dialog()?.textContent).toContain("only typed into a chat");
  });

  it("is shown, and taken back without asking, by a button that keeps the focus", async () => {
    const sent = answerWith({ [patch]: contact(false) });
    const wrapper = await mountScreen(BlockContact, { contact: contact(true) });
    expect(wrapper.text()).toContain("Blocked");
    wrapper.get("button").element.focus();
    await press("Unblock");
    expect(sent).toContainEqual({ request: patch, body: { isBlocked: false } });
    await wrapper.setProps({ contact: contact(false) });
    expect(document.activeElement?.textContent?.trim()).toBe("Block");
  });

  it("is in the panel beside a conversation", async () => {
    answerWith({ [`GET /api/contacts/${idOf(5)}`]: contact(true) });
    const known = { id: idOf(5), name: "Vera", email: "vera@example.com" };
    const wrapper = await mountScreen(ContactPanel, { conversation: aConversation(1, { contact: known }), hasBack: false });
    await flushPromises();
    expect(wrapper.text()).toContain("Blocked");
    await showLocale("es");
    expect(wrapper.text()).toContain("Desbloquear");
  });

  it("marks the thread, also on a phone, where the panel is elsewhere: theirs, and one whose browser is shut out", async () => {
    const known = { id: idOf(5), name: "Vera", email: "vera@example.com" };
    const headerOf = async (isContactBlocked: boolean, isSentAway: boolean) => {
      answerWith({ [`GET /api/contacts/${idOf(5)}`]: contact(isContactBlocked) });
      const conversation = aConversation(1, { contact: known, ...(isSentAway && { isSentAway }) });
      const { live } = aLiveConversation(conversation);
      const wrapper = await mountScreen(ThreadHeader, { live, conversation, isPanelShown: false });
      await flushPromises();
      return wrapper.text().includes("Blocked");
    };
    expect([await headerOf(true, false), await headerOf(false, true), await headerOf(false, false)]).toEqual([true, true, false]);
  });

  it("says why a chat is closed where no contact of the conversation is blocked, and what opens it again", async () => {
    answerWith({ "GET /api/contacts": { items: [], nextCursor: null } });
    const address = { email: "vera+2@example.com", level: "typed" as const, claimed: null };
    const panelOf = async (state: { isVisitorBlocked?: boolean; isSentAway?: boolean }) => {
      const conversation = aConversation(1, { contact: null, hasVisitor: true, address, ...state });
      return (await mountScreen(ContactPanel, { conversation, hasBack: false })).find("[data-sent-away]");
    };
    expect((await panelOf({ isSentAway: true })).text()).toContain("belongs to somebody who is blocked");
    await showLocale("es");
    expect((await panelOf({ isSentAway: true })).text()).toContain("cuando se desbloquee ese contacto");
    const others = [await panelOf({ isSentAway: true, isVisitorBlocked: true }), await panelOf({})];
    expect(others.map((text) => text.exists())).toEqual([false, false]);
  });

  it("stays the person's where they had shown in the chat who they are, so that it can be undone there", async () => {
    answerWith({ [`GET /api/contacts/${idOf(5)}`]: contact(true) });
    const known = { id: idOf(5), name: "Vera", email: "vera@example.com" };
    const address = { email: "vera@example.com", level: "typed" as const, claimed: null, wasShown: true };
    const conversation = aConversation(1, { contact: known, hasVisitor: true, address });
    const wrapper = await mountScreen(ContactPanel, { conversation, hasBack: false });
    await flushPromises();
    expect(wrapper.findAll("button").map((button) => button.text())).toContain("Unblock");
    expect(wrapper.get("[data-level]").text()).not.toContain("has not shown");
    const header = await mountScreen(ThreadHeader, {
      live: aLiveConversation(conversation).live,
      conversation,
      isPanelShown: false,
    });
    await flushPromises();
    expect([header.get("h2").text(), header.text().includes("Blocked")]).toEqual(["Vera", true]);
  });

  it("names who has no name by their address", async () => {
    answerWith({ [`GET /api/contacts/${idOf(5)}`]: contact(false) });
    const nameless = { id: idOf(5), name: null, email: "vera@example.com" };
    const wrapper = await mountScreen(ContactPanel, { conversation: aConversation(1, { contact: nameless }), hasBack: false });
    expect(wrapper.text()).not.toContain("No name");
  });
});
