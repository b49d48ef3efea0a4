import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import ComposerBox from "../../../web/inbox/composer/ComposerBox.vue";
import { aLiveConversation } from "./a-live-conversation.ts";
import { aConversation, aMessage, COLLEAGUE, idOf, savedReplies } from "./builders.ts";
import { answerWith, findBarriers, findOnPage, mountScreen } from "./mount-screen.ts";

const contact = { id: idOf(500), name: "Ana", email: "ana@example.com" };
const withAddress = aConversation(1, { contact, isVisitorOnline: true });
const replies = savedReplies();

async function mountComposer(conversation = withAddress) {
  const server = aLiveConversation(conversation);
  const wrapper = await mountScreen(ComposerBox, { live: server.live, conversation });
  await flushPromises();
  const channel = () => wrapper.get("form").attributes("data-channel");
  const text = () => wrapper.get<HTMLTextAreaElement>("[data-composer]");
  return { ...server, wrapper, channel, text };
}

const menuItem = (name: string) => findOnPage("[role^=menuitem]", name);

async function choose(wrapper: Awaited<ReturnType<typeof mountComposer>>["wrapper"], name: string) {
  await wrapper.get("[data-channel-menu]").trigger("click");
  await flushPromises();
  await menuItem(name).trigger("click");
  await flushPromises();
}

beforeEach(() => {
  localStorage.clear();
  answerWith(replies);
});

describe("the composer", () => {
  it("[S7] follows presence live until the agent chooses a channel", async () => {
    const { wrapper, channel, isVisitorOnline } = await mountComposer();
    expect(channel()).toBe("chat");
    isVisitorOnline.value = false;
    await flushPromises();
    expect(channel()).toBe("email");
    isVisitorOnline.value = true;
    await flushPromises();
    expect(channel()).toBe("chat");
    await choose(wrapper, "Email");
    isVisitorOnline.value = false;
    await flushPromises();
    isVisitorOnline.value = true;
    await flushPromises();
    expect(channel()).toBe("email");
  });

  it("[S10] says that there is no address, and what can be done", async () => {
    const { wrapper, text, sent, channel } = await mountComposer(aConversation(1));
    expect(channel()).toBe("chat");
    await choose(wrapper, "Email");
    expect(wrapper.find("[data-no-address]").exists()).toBe(true);
    await text().setValue("Hello");
    await wrapper.get("form").trigger("submit");
    expect(sent).toEqual([]);
    const requests = answerWith({ [`PUT /api/conversations/${idOf(1)}/contact`]: contact });
    await wrapper.get("[data-no-address] input[type=email]").setValue("ana@example.com");
    await wrapper.get("[data-no-address] input[type=email]").trigger("keydown.enter");
    await flushPromises();
    expect(requests).toEqual([{ request: `PUT /api/conversations/${idOf(1)}/contact`, body: { email: "ana@example.com" } }]);
  });

  it("sends on Ctrl+Enter only, by the chosen channel, and is empty then", async () => {
    const { text, sent } = await mountComposer();
    await text().setValue("Hello");
    await text().trigger("keydown", { key: "Enter" });
    expect(sent).toEqual([]);
    await text().trigger("keydown", { key: "Enter", ctrlKey: true });
    expect(sent).toEqual([{ text: "Hello", channel: "chat", attachments: [], ifLastSeq: 0 }]);
    expect(text().element.value).toBe("");
  });

  it("[T2] asks for one click before it chats where somebody else may have mailed", async () => {
    const address = { email: "vera@x.test", level: "reachable" as const, claimed: null };
    const { wrapper, text, sent, isVisitorOnline } = await mountComposer(
      aConversation(1, { address, unconfirmedMail: { seq: 2, email: "vera@x.test" } }),
    );
    isVisitorOnline.value = true;
    await choose(wrapper, "Web chat");
    expect(wrapper.get("[data-chat-warning]").text()).toContain("has not shown that they are vera@x.test");
    await text().setValue("Hello");
    await wrapper.get("form").trigger("submit");
    expect(sent).toEqual([]);
    const requests = answerWith({ [`POST /api/conversations/${idOf(1)}/ask-confirmation`]: {} });
    await wrapper.get("[data-ask-confirmation]").trigger("click");
    await flushPromises();
    expect(requests).toHaveLength(1);
    await wrapper.get("[data-accept-chat]").trigger("click");
    await flushPromises();
    expect(document.activeElement).toBe(text().element);
    // Its words stay beside the field.
    expect(wrapper.get("[data-chat-warning]").text()).toContain("vera@x.test");
    await wrapper.get("form").trigger("submit");
    expect(sent).toEqual([{ text: "Hello", channel: "chat", attachments: [], ifLastSeq: 0 }]);
  });

  it("[T2] writes by mail to who wrote by mail last, online or not, where the visitor may be somebody else", async () => {
    const address = { email: "vera@x.test", level: "typed" as const, claimed: null };
    const mail = aMessage({ seq: 2, author: { kind: "contact" }, channel: "email" });
    for (const [unconfirmedMail, expected] of [
      [{ seq: 2, email: "vera@x.test" }, "email"],
      [null, "chat"],
    ] as const) {
      const { channel, messages } = await mountComposer(aConversation(1, { address, unconfirmedMail, isVisitorOnline: true }));
      messages.value = [aMessage({ seq: 1 }), mail];
      await flushPromises();
      expect(channel()).toBe(expected);
    }
  });

  it("keeps a draft for each conversation", async () => {
    const first = await mountComposer();
    await first.text().setValue("half a th");
    first.wrapper.unmount();
    expect((await mountComposer()).text().element.value).toBe("half a th");
    expect((await mountComposer(aConversation(2, { contact }))).text().element.value).toBe("");
  });

  it("[S3] inserts a saved reply at the cursor, with its variables, and keeps the draft", async () => {
    const { wrapper, text } = await mountComposer();
    await text().setValue("Before. After.");
    text().element.setSelectionRange(8, 8);
    await wrapper.get("[data-saved-replies]").trigger("click");
    await flushPromises();
    await menuItem("Hellos").trigger("keydown", { key: "Enter" });
    await menuItem("Hellos").trigger("click");
    await flushPromises();
    await menuItem("Greeting").trigger("click");
    await flushPromises();
    expect(text().element.value).toBe("Before. Hi Ana!After.");
    expect(text().element.selectionStart).toBe("Before. Hi Ana!".length);
  });

  it("holds a reply back when a colleague has just replied, and asks", async () => {
    const { wrapper, text, sent, messages } = await mountComposer();
    messages.value = [aMessage({ seq: 1 })];
    await text().setValue("My answer");
    messages.value = [...messages.value, aMessage({ seq: 2, author: { kind: "agent", ...COLLEAGUE }, text: "Theirs" })];
    await flushPromises();
    expect(wrapper.get("[data-guard]").text()).toContain("Ben Okafor has just replied");
    await wrapper.get("form").trigger("submit");
    expect(sent).toEqual([]);
    await wrapper.get("[data-guard] button").trigger("click");
    expect(sent).toMatchObject([{ text: "My answer", ifLastSeq: 2 }]);
  });

  it("gives a refused reply back to its author, and shows the one that it crossed", async () => {
    const { wrapper, text, unsent, messages, tell } = await mountComposer();
    const failure = { reason: "newer_reply" as const };
    unsent.value = [{ clientId: "c1", text: "Mine", attachments: [], createdAt: 0, ifLastSeq: 1, failure }];
    messages.value = [aMessage({ seq: 1 }), aMessage({ seq: 2, author: { kind: "agent", ...COLLEAGUE }, text: "Theirs" })];
    tell({ kind: "refused", clientId: "c1", reason: "newer_reply" });
    await flushPromises();
    expect(text().element.value).toBe("Mine");
    expect(unsent.value).toEqual([]);
    expect(wrapper.get("[data-guard]").text()).toContain("Theirs");
  });

  it("[S20] sends the transcript once the chat message is stored", async () => {
    const { wrapper, text, tell } = await mountComposer();
    const transcript = `POST /api/conversations/${idOf(1)}/transcript`;
    const requests = answerWith({ [transcript]: new Response(null, { status: 202 }) });
    await wrapper.get("input[type=checkbox]").setValue(true);
    await text().setValue("Bye!");
    await wrapper.get("form").trigger("submit");
    expect(requests).toEqual([]);
    tell({ kind: "acknowledged", clientId: "client-1", message: aMessage({ seq: 9 }) });
    await flushPromises();
    expect(requests.map(({ request }) => request)).toEqual([transcript]);
  });

  it("has no barriers", async () => {
    await mountComposer();
    expect(await findBarriers()).toEqual([]);
    await mountComposer(aConversation(1));
    expect(await findBarriers()).toEqual([]);
  });
});
