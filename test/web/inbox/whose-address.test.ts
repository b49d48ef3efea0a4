/** [T20] [T23] What an agent is told of an address that a visitor has typed, and what is never taken from whose address it is. */
import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import AddressNotices from "../../../web/inbox/conversation/AddressNotices.vue";
import { personName } from "../../../web/inbox/list/people.ts";
import SavedReplyMenu from "../../../web/inbox/saved-replies/SavedReplyMenu.vue";
import { aConversation, idOf, savedReplies } from "./builders.ts";
import { answerWith, findBarriers, findOnPage, mountScreen } from "./mount-screen.ts";

const VERA = "vera@x.test";
const vera = { id: idOf(500), name: "Vera Ruiz", email: VERA };
const address = (level: "typed" | "reachable" | "confirmed" | "mail", claimed: string | null = null) => ({
  address: { email: VERA, level, claimed },
});
/** Its visitor calls themselves Eve, and has typed Vera's address: an agent has answered there, so that Vera is its contact. */
const typed = aConversation(1, { contact: vera, visitor: { name: "Eve" }, ...address("reachable") });
const confirmed = aConversation(1, { ...typed, ...address("confirmed") });
const byMail = aConversation(1, { ...typed, hasVisitor: false, visitor: null, ...address("mail") });

describe("[T20] who somebody is called", () => {
  it.each<[string, Conversation, string]>([
    ["by their own word, where they have only typed whose address it is", typed, "Eve"],
    ["by the address, where they have said no name", aConversation(1, { ...typed, visitor: null }), VERA],
    ["as the address book has it, once they have shown that it is theirs", confirmed, "Vera Ruiz"],
    ["as the address book has it, where they write by mail", byMail, "Vera Ruiz"],
  ])("%s", (_, conversation, name) => {
    expect(personName(conversation, () => "nobody")).toBe(name);
  });
});

describe("[T23] the name in a saved reply", () => {
  const replies = savedReplies();

  async function picked(conversation: Conversation, channel: "chat" | "email"): Promise<unknown> {
    answerWith(replies);
    const wrapper = await mountScreen(SavedReplyMenu, { conversation, channel });
    await flushPromises();
    await wrapper.get("[data-saved-replies]").trigger("click");
    await flushPromises();
    const item = (name: string) => vi.waitFor(() => findOnPage("[role^=menuitem]", name));
    await (await item("Hellos")).trigger("keydown", { key: "Enter" });
    await (await item("Greeting")).trigger("click");
    await flushPromises();
    const [first] = wrapper.emitted("pick") ?? [];
    wrapper.unmount();
    return first?.[0];
  }

  it.each<[string, Conversation, "chat" | "email", string]>([
    ["is nobody's in a mail to an address that was only typed", typed, "email", "Hi!"],
    ["is the visitor's own word in their chat", typed, "chat", "Hi Eve!"],
    ["is the contact's once the address is shown to be theirs", confirmed, "email", "Hi Vera Ruiz!"],
    ["is the contact's by mail", byMail, "email", "Hi Vera Ruiz!"],
  ])("%s", async (_, conversation, channel, text) => {
    expect(await picked(conversation, channel)).toBe(text);
  });
});

describe("[T4] the notices above a thread", () => {
  const path = (rest: string) => `POST /api/conversations/${idOf(1)}${rest}`;
  let sent: ReturnType<typeof answerWith>;

  beforeEach(() => {
    sent = answerWith({
      "GET /api/contacts": {
        items: [{ ...vera, addresses: [{ email: VERA, isProven: true }], isBlocked: false }],
        nextCursor: null,
      },
      [path("/address")]: new Response(null, { status: 204 }),
      [path("/part")]: { conversationId: idOf(2) },
    });
  });

  const open = async (over: Partial<Conversation>) => {
    const wrapper = await mountScreen(AddressNotices, { conversation: aConversation(1, { visitor: null, ...over }) });
    await flushPromises();
    return wrapper;
  };
  const posts = () => sent.filter(({ request }) => request.startsWith("POST"));

  it("say whose address it is, and that this visitor has not shown that it is theirs", async () => {
    expect((await open(address("typed"))).text()).toContain(
      `${VERA} is the address of Vera Ruiz; this visitor has not shown that it is theirs.`,
    );
    expect((await open(address("confirmed"))).text()).toBe("");
    expect(posts()).toEqual([]);
  });

  it("change where replies go by a click alone, to what the visitor says now", async () => {
    const wrapper = await open(address("typed", "evil@x.test"));
    expect(wrapper.text()).toContain(`The visitor now says evil@x.test; the mails here are from or to ${VERA}.`);
    expect(posts()).toEqual([]);
    expect(await findBarriers()).toEqual([]);
    await wrapper.get("[data-use-claimed]").trigger("click");
    await flushPromises();
    expect(posts()).toEqual([{ request: path("/address"), body: { email: "evil@x.test" } }]);
  });

  it("part the mails of whom they name by a click alone", async () => {
    const wrapper = await open({ ...address("typed"), partable: VERA });
    expect(wrapper.text()).toContain(
      `A mail came from ${VERA}, the address that the visitor typed. The visitor does not see it.`,
    );
    await wrapper.get("[data-part]").trigger("click");
    await flushPromises();
    expect(posts()).toEqual([{ request: path("/part"), body: { email: VERA } }]);
    const others = await open({ ...address("typed"), partable: "nora@x.test" });
    expect(others.text()).toContain("A mail came from nora@x.test; the visitor has not shown that they are this person");
  });
});
