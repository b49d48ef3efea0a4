import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import ThreadEntryItem from "../../../web/inbox/conversation/ThreadEntryItem.vue";
import { computeEntries } from "../../../web/inbox/conversation/thread-entries.ts";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import LedgerPage from "../../../web/inbox/ledger/LedgerPage.vue";
import { filterConversations } from "../../../web/inbox/moves/conversation-search.ts";
import { useToasts } from "../../../web/inbox/ui/toasts.ts";
import { aLiveConversation } from "./a-live-conversation.ts";
import { aConversation, aMessage, anEvent, idOf } from "./builders.ts";
import { answerWith, findBarriers, findOnPage, mountScreen } from "./mount-screen.ts";

const LEDGER_ID = idOf(77);
const MOVE = `POST /api/ledger/${LEDGER_ID}/move`;
const entry = {
  id: LEDGER_ID,
  receivedAt: 1_790_000_000_000,
  from: "vera@example.org",
  to: "help@example.com",
  subject: "Chair",
  state: "applied",
  verdict: "contact",
  reason: "The sender is a known contact.",
  conversationId: idOf(1),
  isMovable: true,
  movingTo: null,
  movedFrom: null,
  size: 1,
};
const nora = aConversation(2, { contact: { id: idOf(52), name: "Nora Núñez", email: "nora@example.org" }, subject: "Chairs" });
const paul = aConversation(3, { contact: { id: idOf(53), name: null, email: "paul@example.org" }, status: "complete" });
const here = aConversation(1, { contact: { id: idOf(51), name: "Vera", email: "vera@example.org" }, subject: "Lamp" });

const mailed = (mail: Partial<NonNullable<Message["mail"]>> = {}, part: Partial<Message> = {}) =>
  aMessage({
    author: { kind: "contact", name: "Vera" },
    channel: "email",
    subject: "Chair",
    text: "It is wobbly.",
    mail: { ledgerId: LEDGER_ID, from: { address: "vera@example.org" }, ...mail },
    ...part,
  });

const mountEntry = (message: Message) =>
  mountScreen(ThreadEntryItem, {
    entry: { kind: "message", key: "message-1", message, isFirstOfGroup: true, isSubjectShown: true },
    live: aLiveConversation(here).live,
    conversation: here,
    now: 0,
  });

const combobox = () => document.querySelector<HTMLInputElement>("[role=combobox]");
const options = () => [...document.querySelectorAll<HTMLElement>("[role=option]")].map(({ dataset }) => dataset["option"]);
const selected = () => document.querySelector<HTMLElement>("[role=option][aria-selected=true]")?.dataset["option"];

async function press(key: string) {
  await findOnPage("[role=combobox]").trigger("keydown", { key });
  await flushPromises();
}

async function type(text: string) {
  await findOnPage("[role=combobox]").setValue(text);
  await flushPromises();
}

const lastToast = () => useToasts().value.at(-1)?.text;

beforeEach(async () => {
  await showLocale("en");
  Element.prototype.scrollIntoView = () => undefined;
});

async function openFromLedger(answers: Record<string, unknown> = {}) {
  const sent = answerWith({
    "GET /api/ledger": { items: [entry], nextCursor: null },
    "GET /api/conversations": { items: [here, nora, paul], nextCursor: null },
    "GET /api/contacts": { items: [], nextCursor: null },
    ...answers,
  });
  const wrapper = await mountScreen(LedgerPage);
  await flushPromises();
  await wrapper.get("button[aria-label='Move “Chair” to another conversation']").trigger("click");
  await vi.waitFor(() => expect(options()).toHaveLength(3));
  return { wrapper, sent };
}

describe("[V1] moving a mail from the ledger", () => {
  it("offers a conversation of its own and all others, by keyboard alone, and shows what became of it", async () => {
    const { wrapper, sent } = await openFromLedger({ [MOVE]: { ...entry, conversationId: nora.id, movedFrom: here.id } });
    // Not the one that it is in.
    expect(options()).toEqual(["own", nora.id, paul.id]);
    expect(await findBarriers(document.querySelector("[role=dialog]") ?? document.body)).toEqual([]);
    await press("ArrowDown");
    expect(selected()).toBe(nora.id);
    expect(combobox()?.getAttribute("aria-activedescendant")).toBe(document.querySelector("[aria-selected=true]")?.id);
    await press("Enter");
    expect(sent.find(({ request }) => request === MOVE)?.body).toEqual({ conversationId: nora.id });
    expect(lastToast()).toBe("The email was moved.");
    expect(wrapper.get("[data-moved]").text()).toBe("Moved by hand");
    expect(combobox()).toBeNull();

    const back = answerWith({ [MOVE]: entry });
    await wrapper.get("button[aria-label='Move “Chair” back']").trigger("click");
    await flushPromises();
    expect(back).toMatchObject([{ request: MOVE, body: { conversationId: here.id } }]);
    expect(lastToast()).toBe("The email was moved back.");
    expect(wrapper.find("[data-moved]").exists()).toBe(false);
  });

  it("says so where it is not done yet", async () => {
    const { wrapper } = await openFromLedger({ [MOVE]: { ...entry, movingTo: idOf(9) } });
    await press("Enter");
    expect(lastToast()).toBe("The email is being moved. This can take a few minutes.");
    expect(wrapper.get("[data-moved]").text()).toBe("Being moved…");
  });

  it("stays open where it failed", async () => {
    await openFromLedger();
    await press("Enter");
    expect(options()).toHaveLength(3);
    expect(lastToast()).toBe("This does not exist, or you may not see it.");
  });

  it("searches by name, address and subject, and asks for contacts whose last mail is long ago", async () => {
    const { sent } = await openFromLedger();
    await type("nunez");
    expect([options(), selected()]).toEqual([["own", nora.id], nora.id]);
    const old = aConversation(4, { contact: { id: idOf(54), name: "Zoe", email: "zoe@example.org" } });
    answerWith({
      "GET /api/contacts": { items: [old.contact], nextCursor: null },
      "GET /api/conversations": { items: [old], nextCursor: null },
    });
    await type("zoe");
    await vi.waitFor(() => expect(options()).toEqual(["own", old.id]));
    expect(sent.map(({ request }) => request)).not.toContain(MOVE);
  });

  it("is not offered for what is no message, nor to who only reads", async () => {
    answerWith({ "GET /api/ledger": { items: [{ ...entry, verdict: "bounce", isMovable: false }], nextCursor: null } });
    const wrapper = await mountScreen(LedgerPage);
    await flushPromises();
    expect(wrapper.find("button[aria-label^=Move]").exists()).toBe(false);
  });
});

describe("[V1] a moved mail in the threads", () => {
  it("is a line that says where it went, with a link, and a button that moves it back", async () => {
    const wrapper = await mountEntry(mailed({ movedTo: { conversationId: nora.id, by: "Ana" }, move: 1 }));
    expect(wrapper.text()).toContain("Ana moved the email “Chair” to another conversation");
    expect(wrapper.text()).not.toContain("wobbly");
    expect(wrapper.get("a").attributes("href")).toBe(`/conversations/${nora.id}`);
    expect(await findBarriers()).toEqual([]);
    const sent = answerWith({ [MOVE]: entry });
    await wrapper.get("button").trigger("click");
    await flushPromises();
    expect(sent).toMatchObject([{ request: MOVE, body: { conversationId: here.id } }]);
    await showLocale("es");
    expect(wrapper.text()).toContain("Ana movió el correo «Chair» a otra conversación");
  });

  it("takes the focus with it when it comes back, and cuts a subject that would fill the thread", async () => {
    const gone = mailed({ movedTo: { conversationId: nora.id, by: "Ana" }, move: 1 }, { subject: "Chair ".repeat(40) });
    const wrapper = await mountEntry(gone);
    expect(wrapper.text()).toMatch(/“(Chair ){13}Ch…” to another/u);
    answerWith({ [MOVE]: entry });
    wrapper.get("button").element.focus();
    await wrapper.get("button").trigger("click");
    await flushPromises();
    await wrapper.setProps({
      entry: { kind: "message", key: "message-1", message: mailed(), isFirstOfGroup: true, isSubjectShown: true },
    });
    expect(document.activeElement?.getAttribute("aria-label")).toBe("More about this email");
  });

  it("says there where it came from and when it had arrived", async () => {
    const wrapper = await mountEntry(
      mailed({ movedFrom: { conversationId: nora.id, by: "Ana", at: 1_790_000_000_000 }, move: 1 }),
    );
    expect(wrapper.text()).toMatch(/Moved here by Ana\. It arrived on .+ Show where it was/u);
    expect(wrapper.text()).toContain("It is wobbly.");
    expect(wrapper.get("a").attributes("href")).toBe(`/conversations/${nora.id}`);
  });

  it("has a menu only where it is a mail that came in", async () => {
    const hasMenu = async (message: Message) =>
      (await mountEntry(message)).find("button[aria-label='More about this email']").exists();
    expect(await hasMenu(mailed())).toBe(true);
    expect(await hasMenu(aMessage())).toBe(false);
    expect(await hasMenu(aMessage({ author: { kind: "agent", name: "Ana" }, channel: "email" }))).toBe(false);
  });

  it("begins no group and names no subject, and is said once with the note above it", () => {
    const movedTo = { conversationId: nora.id };
    const messages = [
      mailed({}, { seq: 1 }),
      mailed({ movedTo }, { seq: 2, subject: "Other" }),
      mailed({ movedTo }, { seq: 3, channel: "note", author: { kind: "agent", name: "Ana" } }),
      mailed({ ledgerId: idOf(78) }, { seq: 4 }),
    ];
    const entries = computeEntries({ messages, events: [anEvent({ id: 5, afterSeq: 3 })], unsent: [], hasOlder: true });
    expect(entries.map(({ key }) => key.replace(/^day.*/u, "day"))).toEqual([
      "day",
      "message-1",
      "message-2",
      "event-5",
      "message-4",
    ]);
    expect(entries.at(-1)).toMatchObject({ isFirstOfGroup: true, isSubjectShown: false });
  });
});

it("[V1] finds a conversation by every word that was typed, without accents", () => {
  expect(filterConversations([here, nora, paul], "  NUÑEZ chair").map(({ id }) => id)).toEqual([nora.id]);
  expect(filterConversations([here, nora, paul], "example.org")).toHaveLength(3);
  expect(filterConversations([here, nora, paul], "nora paul")).toEqual([]);
});
