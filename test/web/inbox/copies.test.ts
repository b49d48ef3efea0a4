import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import { splitAddresses } from "../../../web/inbox/composer/address-list.ts";
import { countExcess, problemOfCopy } from "../../../web/inbox/composer/copies.ts";
import { computeOffers } from "../../../web/inbox/composer/copy-offers.ts";
import ComposerBox from "../../../web/inbox/composer/ComposerBox.vue";
import MessageItem from "../../../web/inbox/conversation/MessageItem.vue";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import NewConversationDialog from "../../../web/inbox/list/NewConversationDialog.vue";
import MailboxTest from "../../../web/inbox/settings/MailboxTest.vue";
import { aLiveConversation } from "./a-live-conversation.ts";
import { aConversation, aMessage, idOf, ME } from "./builders.ts";
import { answerWith, findBarriers, findOnPage, mountScreen } from "./mount-screen.ts";

const contact = { id: idOf(500), name: "Vera", email: "vera@x.test" };
const conversation = aConversation(1, { contact, hasVisitor: false });
const replies = {
  "GET /api/mailboxes": { items: [{ id: idOf(7), address: "help@acme.test" }], nextCursor: null },
  "GET /api/undeliverable-addresses": { items: [], nextCursor: null },
  "GET /api/settings": { company: "Acme" },
};

beforeEach(async () => {
  localStorage.clear();
  await showLocale("en");
  answerWith(replies);
});

async function mountComposer(messages: Message[] = []) {
  const server = aLiveConversation(conversation);
  server.messages.value = messages;
  const wrapper = await mountScreen(ComposerBox, { live: server.live, conversation });
  await flushPromises();
  const open = async (name: string) => {
    await wrapper.get(`button[aria-label="${name}"]`).trigger("click");
    await flushPromises();
  };
  const field = (label: string) => wrapper.get<HTMLInputElement>(`[role=group][aria-label="${label}"] input`);
  const enter = async (label: string, text: string) => {
    await field(label).setValue(text);
    await field(label).trigger("keydown", { key: "Enter" });
  };
  const chips = () => wrapper.findAll("[data-address]").map((chip) => chip.text());
  const send = async (text = "Hello") => {
    await wrapper.get("[data-composer]").setValue(text);
    await wrapper.get("form").trigger("submit");
  };
  return { ...server, wrapper, open, field, enter, chips, send };
}

const copy = "Cc: add people in copy";
const hidden = "Bcc: add people in hidden copy";

describe("Cc and Bcc in the composer", () => {
  it("are quiet until they are wanted, take the cursor, and go with the mail; then they are empty again", async () => {
    const { wrapper, open, enter, field, chips, send, sent } = await mountComposer();
    expect(wrapper.find("[data-copies]").exists()).toBe(false);
    await open(copy);
    expect(document.activeElement).toBe(field("Cc").element);
    await enter("Cc", "Leo <LEO@x.test>, ana@x.test");
    await open(hidden);
    await enter("Bcc", "boss@x.test");
    expect(chips()).toEqual(["leo@x.test", "ana@x.test", "boss@x.test"]);
    await send();
    expect(sent).toEqual([
      {
        text: "Hello",
        channel: "email",
        attachments: [],
        cc: ["leo@x.test", "ana@x.test"],
        bcc: ["boss@x.test"],
        to: ["vera@x.test"],
        ifLastSeq: 0,
      },
    ]);
    expect(wrapper.find("[data-copies]").exists()).toBe(false);
    await send("Again");
    expect(sent[1]).toEqual({ text: "Again", channel: "email", attachments: [], to: ["vera@x.test"], ifLastSeq: 0 });
  });

  it("say what is wrong with an address, and nothing is sent with it", async () => {
    const { wrapper, open, enter, send, sent } = await mountComposer();
    await open(copy);
    await enter("Cc", "leo at x");
    expect(wrapper.get("[data-copies] [role=alert]").text()).toBe("“leo at x” is not an email address.");
    await send();
    expect(sent).toEqual([]);
    await wrapper.get('button[aria-label="Remove leo at x"]').trigger("click");
    await enter("Cc", "help+abc@acme.test");
    expect(wrapper.get("[data-copies] [role=alert]").text()).toContain("is a mailbox of this inbox");
    await wrapper.get('[role=group][aria-label="Cc"] input').trigger("keydown", { key: "Backspace" });
    await send();
    expect(sent).toHaveLength(1);
  });

  it("what was typed and not yet entered counts when the cursor leaves", async () => {
    const { open, field, send, sent } = await mountComposer();
    await open(copy);
    await field("Cc").setValue("leo@x.test");
    await field("Cc").trigger("blur");
    await send();
    expect(sent[0]).toMatchObject({ cc: ["leo@x.test"] });
  });

  it("[S] are kept with the draft on this device", async () => {
    const first = await mountComposer();
    await first.open(hidden);
    await first.enter("Bcc", "boss@x.test");
    first.wrapper.unmount();
    expect((await mountComposer()).chips()).toEqual(["boss@x.test"]);
  });

  it("[O10] come back with a mail that is taken back", async () => {
    const { live, chips } = await mountComposer();
    await live.takeBack(
      aMessage({ author: { kind: "agent", ...ME }, channel: "email", cc: ["leo@x.test"], bcc: ["boss@x.test"] }),
    );
    await flushPromises();
    expect(chips()).toEqual(["leo@x.test", "boss@x.test"]);
  });

  it("warns of an address that earlier mail did not reach", async () => {
    const mark = { email: "vera@x.test", cause: "bounce", reason: "no such user", at: 1 };
    answerWith({ ...replies, "GET /api/undeliverable-addresses": { items: [mark], nextCursor: null } });
    const { wrapper } = await mountComposer();
    await flushPromises();
    expect(wrapper.get("[data-copies] [role=status]").text()).toContain("Earlier mail to vera@x.test came back.");
  });

  it("has no barrier", async () => {
    const { open, enter } = await mountComposer([
      aMail({ mail: { from: { address: "leo@x.test" }, others: [{ address: "a@x.test" }] } }),
    ]);
    await open(copy);
    await enter("Cc", "nonsense");
    expect(await findBarriers()).toEqual([]);
  });
});

const aMail = (part: Partial<Message>): Message => aMessage({ author: { kind: "contact" }, channel: "email", ...part });

describe("the other people of a thread", () => {
  it("[T4] are offered and added by a click alone, all at once or one by one", async () => {
    const others = [{ address: "leo@x.test", name: "Leo" }, { address: "ana@x.test" }];
    const { wrapper, chips, send, sent } = await mountComposer([aMail({ mail: { from: { address: "vera@x.test" }, others } })]);
    expect(chips()).toEqual([]);
    await wrapper.get('button[aria-label="Add ana@x.test in copy"]').trigger("click");
    expect(chips()).toEqual(["ana@x.test"]);
    expect(wrapper.get("[data-copy-offers]").text()).toContain("Leo");
    await send();
    expect(sent[0]).toMatchObject({ cc: ["ana@x.test"] });
    const all = wrapper.findAll("[data-copy-offers] button").find((button) => button.text() === "Reply to all");
    await all?.trigger("click");
    expect(chips()).toEqual(["leo@x.test", "ana@x.test"]);
    expect(wrapper.find("[data-copy-offers]").exists()).toBe(false);
  });

  it("[M11] a new person is never among all", async () => {
    const strange = aMail({ seq: 2, mail: { isNewPerson: true, from: { address: "eve@x.test" } } });
    const known = aMail({ mail: { others: [{ address: "leo@x.test" }, { address: "ana@x.test" }] } });
    const { wrapper, chips } = await mountComposer([known, strange]);
    await wrapper.findAll("[data-copy-offers] button").at(-1)?.trigger("click");
    expect(chips()).toEqual(["leo@x.test", "ana@x.test"]);
    await wrapper.get('button[aria-label^="Add eve@x.test in copy: somebody new"]').trigger("click");
    expect(chips()).toEqual(["leo@x.test", "ana@x.test", "eve@x.test"]);
  });

  it("are those of the last mail and of the last Cc; hidden copies are never offered", () => {
    const messages = [
      aMail({ seq: 1, mail: { others: [{ address: "old@x.test" }] } }),
      aMail({
        seq: 2,
        mail: { from: { address: "leo@x.test" }, others: [{ address: "vera@x.test" }, { address: "ana@x.test" }] },
      }),
      aMail({ seq: 3, author: { kind: "agent", ...ME }, cc: ["cc@x.test"], bcc: ["boss@x.test"] }),
      aMail({ seq: 4, channel: "chat", author: { kind: "visitor" } }),
    ];
    const answered = aMail({ seq: 5, mail: { from: { address: "boss@x.test" }, isParticipant: true } });
    expect(computeOffers([...messages, answered], ["vera@x.test"]).map(({ address }) => address)).toEqual(["cc@x.test"]);
    const offers = computeOffers(messages, ["vera@x.test", "ana@x.test"]);
    expect(offers.map(({ address }) => address)).toEqual(["leo@x.test", "cc@x.test"]);
  });
});

describe("addresses as people write them", () => {
  it.each([
    ["a@x.test, b@x.test;c@x.test", ["a@x.test", "b@x.test", "c@x.test"]],
    ["Ana Ruiz <Ana@X.test>\nBen <ben@x.test>", ["ana@x.test", "ben@x.test"]],
    ["a@x.test b@x.test", ["a@x.test", "b@x.test"]],
    ["leo at x", ["leo at x"]],
    [" , ;", []],
    ["a@x.test, A@x.test", ["a@x.test"]],
  ])("%s", (text, addresses) => expect(splitAddresses(text)).toEqual(addresses));

  it("[T15] what the server would refuse is refused here", () => {
    const own = [{ address: "help@acme.test" }];
    expect(
      ["a@x.test", "jörg@x.test", "a@b@c", "<a@x.test>", "help@acme.test"].map((address) => problemOfCopy(address, own)),
    ).toEqual([null, "not-an-address", "not-an-address", "not-an-address", "own-mailbox"]);
    const cc = Array.from({ length: 40 }, (_, n) => `${n}@x.test`);
    expect([countExcess({ cc, bcc: [] }), countExcess({ cc, bcc: cc.slice(0, 11) })]).toEqual([0, 2]);
  });
});

describe("in the thread", () => {
  const own = { author: { kind: "agent" as const, ...ME }, channel: "email" as const };
  const mountMessage = (part: Partial<Message>) =>
    mountScreen(MessageItem, {
      message: aMessage(part),
      conversation,
      isVisitorOnline: false,
      isFirstOfGroup: true,
      isSubjectShown: false,
    });

  it("agents see who else a mail went to, and who else was written to", async () => {
    const sent = await mountMessage({ ...own, cc: ["leo@x.test"], bcc: ["boss@x.test"] });
    expect(sent.findAll("[data-recipients]").map((line) => line.text())).toEqual(["Cc: leo@x.test", "Bcc (hidden): boss@x.test"]);
    const received = await mountMessage({
      channel: "email",
      author: { kind: "contact" },
      mail: { others: [{ address: "leo@x.test", name: "Leo" }] },
    });
    expect(received.get("[data-recipients]").text()).toBe("Also to: Leo <leo@x.test>");
  });

  it("[O2] a refused recipient is named with the reason, and can be tried again; not while that happens", async () => {
    const refused = [{ address: "leo@x.test", reason: "no such user" }];
    const wrapper = await mountMessage({ ...own, delivery: { state: "sent", to: ["vera@x.test"], refused } });
    expect(wrapper.get("[data-refused]").text()).toContain("Not to leo@x.test: no such user");
    await wrapper.get("[data-refused] button").trigger("click");
    expect(wrapper.emitted("mailAgain")).toHaveLength(1);
    const later = await mountMessage({
      ...own,
      delivery: { state: "sent", refused: [{ address: "leo@x.test", reason: "busy", isPending: true }] },
    });
    expect(later.get("[data-refused]").text()).toBe("Not yet to leo@x.test, it is tried again: busy");
    expect(later.find("[data-refused] button").exists()).toBe(false);
  });

  it("[O6] says that it was delivered where the platform tells, and what was said later", async () => {
    const label = async (delivery: NonNullable<Message["delivery"]>) =>
      (await mountMessage({ ...own, delivery })).get("[data-delivery]").text();
    expect(await label({ state: "sent", to: ["a@x.test", "b@x.test"], deliveredTo: ["a@x.test"] })).toBe("Sent");
    expect(await label({ state: "sent", to: ["a@x.test"], deliveredTo: ["a@x.test"] })).toBe("Delivered");
    expect(await label({ state: "sent", to: ["a@x.test"], openedAt: 1 })).toBe("Opened");
    expect(await label({ state: "sent", to: ["a@x.test"], reason: "The mail is delayed." })).toBe("Sent. The mail is delayed.");
  });
});

it("a new conversation can have them too", async () => {
  const requests = answerWith({ ...replies, "POST /api/conversations": { conversation: aConversation(9) } });
  await mountScreen(NewConversationDialog, { open: true, email: "vera@x.test" });
  await flushPromises();
  await findOnPage('button[aria-label="Cc: add people in copy"]').trigger("click");
  await flushPromises();
  const cc = findOnPage<HTMLInputElement>('[role=group][aria-label="Cc"] input');
  await cc.setValue("leo@x.test");
  await cc.trigger("blur");
  expect(await findBarriers()).toEqual([]);
  await findOnPage("form").trigger("submit");
  await flushPromises();
  expect(requests.find(({ request }) => request === "POST /api/conversations")?.body).toMatchObject({
    to: { email: "vera@x.test" },
    cc: ["leo@x.test"],
  });
});

describe("a test mail from the settings", () => {
  const path = `POST /api/mailboxes/${idOf(7)}/test`;
  it.each([
    ["en", { kind: "sent", to: "marta@example.com" }, "Sent to marta@example.com. Check that it has arrived."],
    ["en", { kind: "refused", to: "m@x", reason: "This mailbox is full." }, "Not sent: This mailbox is full."],
    ["en", { kind: "unknown", to: "m@x", reason: "No answer." }, "Nobody knows whether it was sent: No answer."],
    [
      "es",
      { kind: "deferred", to: "m@x", reason: "This mailbox is full." },
      "No enviado; puede que funcione más tarde: Este buzón está lleno.",
    ],
  ] as const)("tells its outcome (%s, %o)", async (locale, answer, text) => {
    await showLocale(locale);
    const requests = answerWith({ ...replies, [path]: answer });
    const wrapper = await mountScreen(MailboxTest, { mailboxId: idOf(7) });
    await wrapper.get("button").trigger("click");
    await flushPromises();
    expect(wrapper.get("[role=status]").text()).toBe(text);
    expect(requests).toEqual([{ request: path, body: { to: "marta@example.com" } }]);
    expect(await findBarriers()).toEqual([]);
  });
});
