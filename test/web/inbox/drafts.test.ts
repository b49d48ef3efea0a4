import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";
import ComposerBox from "../../../web/inbox/composer/ComposerBox.vue";
import type { StoredDraft } from "../../../web/inbox/composer/draft-storage.ts";
import { reconcileDraft } from "../../../web/inbox/composer/reconcile-draft.ts";
import { aLiveConversation } from "./a-live-conversation.ts";
import { aConversation, aMessage, idOf, ME } from "./builders.ts";
import { answerWith, mountScreen } from "./mount-screen.ts";

const aDraft = (part: Partial<StoredDraft> = {}): StoredDraft => ({
  text: "mine",
  guardSeq: 3,
  at: 100,
  isSaved: false,
  ...part,
});
const theirs = (text: string, updatedAt: number) => ({ text, updatedAt });
const meet = (part: Partial<Parameters<typeof reconcileDraft>[0]>) =>
  reconcileDraft({ mine: aDraft(), theirs: null, isTypedHere: false, messages: [], ...part });

describe("a draft of this device meets the server's", () => {
  it.each([
    ["the same text is known there", { theirs: theirs("mine", 1) }, { text: "mine", isSaved: true }],
    ["an older one gives way", { theirs: theirs("old", 99) }, { text: "mine", isSaved: false }],
    ["a newer one wins", { theirs: theirs("new", 101) }, { text: "new", isSaved: true }],
    ["what is being typed here wins over any clock", { theirs: theirs("new", 999), isTypedHere: true }, { text: "mine" }],
    ["what the server had and has no more was sent elsewhere", { mine: aDraft({ isSaved: true }) }, { text: "", isSaved: true }],
    ["what the server has never had is kept", {}, { text: "mine", isSaved: false }],
    ["a text that was sent does not come back", { mine: aDraft({ text: "" }), theirs: theirs("mine", 99) }, { text: "" }],
  ])("%s", (_name, part, expected) => {
    expect(meet(part)).toMatchObject(expected);
  });

  it("the guard of one that was begun elsewhere counts from its own time", () => {
    const messages = [aMessage({ seq: 1, at: 10 }), aMessage({ seq: 2, at: 20 }), aMessage({ seq: 3, at: 30 })];
    expect(meet({ theirs: theirs("new", 101), mine: aDraft({ isSaved: true }), messages })).toMatchObject({ guardSeq: 3 });
    expect(meet({ theirs: theirs("new", 25), mine: aDraft({ isSaved: true }), messages })).toMatchObject({ guardSeq: 2 });
  });
});

describe("the composer's drafts", () => {
  const contact = { id: idOf(500), name: "Ana", email: "ana@example.com" };
  const conversation = aConversation(1, { contact, isVisitorOnline: true });

  async function mountComposer() {
    const server = aLiveConversation(conversation);
    const wrapper = await mountScreen(ComposerBox, { live: server.live, conversation });
    await flushPromises();
    return { ...server, wrapper, text: () => wrapper.get<HTMLTextAreaElement>("[data-composer]") };
  }
  const acknowledge = (text: string) =>
    ({ kind: "frame", frame: { type: "draft", draft: { kind: "reply", text, updatedAt: Date.now() } } }) as const;

  beforeEach(() => {
    localStorage.clear();
    answerWith({});
  });

  it("go to the server soon after the last key, and at once where the conversation is left", async () => {
    const { text, drafts, leave } = await mountComposer();
    await text().setValue("half");
    expect(drafts).toEqual([]);
    leave();
    expect(drafts).toEqual([{ kind: "reply", text: "half" }]);
    await vi.waitFor(() => expect(drafts).toHaveLength(2), { timeout: 3_000 });
  });

  it("are cleared everywhere with the sending", async () => {
    const { wrapper, text, drafts } = await mountComposer();
    await text().setValue("Hello");
    await wrapper.get("form").trigger("submit");
    expect(drafts).toEqual([{ kind: "reply", text: "" }]);
  });

  it("follow the agent's other devices, but never while this one has something newer", async () => {
    const { text, tell } = await mountComposer();
    tell(acknowledge("from the phone"));
    await flushPromises();
    expect(text().element.value).toBe("from the phone");
    await text().setValue("from the phone, and here");
    tell(acknowledge("from the phone again"));
    await flushPromises();
    expect(text().element.value).toBe("from the phone, and here");
  });

  it("of two agents who share a browser are two", async () => {
    const { text } = await mountComposer();
    await text().setValue("Mine alone");
    expect(Object.keys(localStorage)).toEqual([`hilo.draft.${ME.id}.${idOf(1)}.reply`]);
  });

  it("take back what was sent too early, before what was written since", async () => {
    const { live, wrapper, text } = await mountComposer();
    await text().setValue("And another thing");
    await live.takeBack(aMessage({ seq: 5, text: "Dear Ana", channel: "email" }));
    await flushPromises();
    expect(text().element.value).toBe("Dear Ana\n\nAnd another thing");
    expect(wrapper.get("form").attributes("data-channel")).toBe("email");
  });
});
