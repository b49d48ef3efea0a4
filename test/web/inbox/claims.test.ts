/** What a mail says of itself is shown as what it is: a claim, with what an agent can do about it. */
import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import type { Conversation, Message } from "../../../durable-objects/conversation/protocol.ts";
import { computeOffers } from "../../../web/inbox/composer/copy-offers.ts";
import ChannelMenu from "../../../web/inbox/composer/ChannelMenu.vue";
import ContactPanel from "../../../web/inbox/contact/ContactPanel.vue";
import MessageItem from "../../../web/inbox/conversation/MessageItem.vue";
import FormList from "../../../web/inbox/forms/FormList.vue";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import LedgerPage from "../../../web/inbox/ledger/LedgerPage.vue";
import { personName } from "../../../web/inbox/list/people.ts";
import ForwardingCard from "../../../web/inbox/me/ForwardingCard.vue";
import { useSession } from "../../../web/inbox/session/session.ts";
import { useToasts } from "../../../web/inbox/ui/toasts.ts";
import { aConversation, aMessage, idOf } from "./builders.ts";
import { answerWith, findBarriers, mountScreen } from "./mount-screen.ts";

const OLGA = { id: idOf(50), name: "Olga" };
const FORM = "form@site.example";

const mountMail = async (mail: NonNullable<Message["mail"]>, conversation: Partial<Conversation> = {}) => {
  const wrapper = await mountScreen(MessageItem, {
    message: aMessage({ channel: "email", author: { kind: "contact", name: "Vera" }, mail }),
    conversation: aConversation(1, { hasVisitor: false, ...conversation }),
    isVisitorOnline: false,
    isFirstOfGroup: true,
    isSubjectShown: true,
  });
  await flushPromises();
  return wrapper;
};

beforeEach(async () => {
  answerWith({});
  await showLocale("en");
});

describe("[T20] [M9] a mail that names an agent", () => {
  it("says that it says so", async () => {
    const wrapper = await mountMail({ claimsAgent: OLGA });
    expect(wrapper.get("[data-claim]").text()).toBe("It says that it is from Olga (an agent); not verified");
    await showLocale("es");
    expect(wrapper.get("[data-claim]").text()).toBe("Dice que es de Olga (un agente); sin verificar");
  });
});

describe("[M8] a mail that says that an agent forwarded it", () => {
  const claim = { ledgerId: idOf(9), claimsAgent: OLGA, claimsForward: { address: "leo@mail.example", name: "Leo" } };
  const accept = `POST /api/ledger/${idOf(9)}/accept-forward`;

  it("is believed with one click, which says what became of it", async () => {
    const sent = answerWith({ [accept]: { id: idOf(9), state: "applied", verdict: "forwarded" } });
    const wrapper = await mountMail(claim);
    expect(wrapper.get("[data-claim]").text()).toBe(
      "It says that Olga (an agent) forwarded a mail of Leo <leo@mail.example>; not verified",
    );
    await wrapper
      .findAll("button")
      .find((button) => button.text().startsWith("Olga did forward it"))
      ?.trigger("click");
    await flushPromises();
    expect(sent.map(({ request }) => request)).toContain(accept);
    expect(useToasts().value.at(-1)?.text).toBe("The mail is in the conversation of its author now.");
    expect(await findBarriers()).toEqual([]);
  });

  it("is not offered once it has gone, nor to who may not write", async () => {
    const gone = await mountMail({ ...claim, movedTo: { conversationId: idOf(8) } });
    expect(gone.text()).not.toContain("did forward it");
    const wrapper = await mountMail(claim);
    useSession().state = { kind: "signed-in", agent: { ...OLGA, email: "olga@shop.example", role: "viewer" } };
    await flushPromises();
    expect(wrapper.text()).not.toContain("did forward it");
  });

  it("says who believed it, where nothing else showed it", async () => {
    const wrapper = await mountMail({ forwardedBy: "Olga", forwardAcceptedBy: { id: idOf(51), name: "Ana" } });
    expect(wrapper.get("[data-bubble]").text()).toContain("Ana confirmed that it was forwarded");
  });

  it("is believed in the ledger, too", async () => {
    const entry = {
      id: idOf(9),
      receivedAt: 1,
      from: "olga@shop.example",
      to: "help@shop.example",
      subject: "Fwd",
      state: "applied",
      verdict: "forwarded:unverified",
      reason: "It says that an agent forwarded a mail of leo@mail.example; not verified.",
      conversationId: idOf(7),
      size: 1,
    };
    const becomes = { ...entry, verdict: "forwarded", conversationId: idOf(8) };
    answerWith({ "GET /api/ledger": { items: [entry], nextCursor: null }, [accept]: becomes });
    const wrapper = await mountScreen(LedgerPage);
    await flushPromises();
    const row = wrapper.get("[data-ledger=applied]");
    expect(row.text()).toContain("Says that an agent forwarded it");
    await row.get("button[aria-label='Believe that “Fwd” was forwarded']").trigger("click");
    await flushPromises();
    expect(wrapper.get("[data-ledger=applied]").text()).toContain("Forwarded in");
  });
});

describe("[M7a] a mail through a contact form", () => {
  const form = { from: { address: "vera@mail.example" }, form: { address: FORM } };
  const typed = { address: { email: "vera@mail.example", level: "typed" as const, claimed: null }, form: FORM };

  it("names the form, and that the address was typed; so do the composer and the panel, before anything is sent", async () => {
    const wrapper = await mountMail(form, typed);
    expect(wrapper.get("[data-mail-fact]").text()).toBe(`Written through ${FORM}; the address vera@mail.example was typed there`);
    const conversation = aConversation(1, { hasVisitor: false, ...typed });
    const menu = await mountScreen(ChannelMenu, {
      channel: "email",
      conversation,
      isVisitorOnline: false,
      modelValue: { kind: "by-presence" },
    });
    expect(menu.text()).toContain(`To vera@mail.example, an address that was typed in the form ${FORM}`);
    const panel = await mountScreen(ContactPanel, { conversation, hasBack: false });
    expect(panel.get("[data-level]").text()).toContain("Nobody has shown that it is theirs.");
    expect(personName(conversation, () => "nobody")).toBe("vera@mail.example");
  });

  it("of an address that was called so is undone where it is seen, by admins", async () => {
    const sent = answerWith({
      "GET /api/forms": { items: [{ address: FORM, state: "called" }], nextCursor: null },
      [`DELETE /api/forms/${encodeURIComponent(FORM)}`]: new Response(null, { status: 204 }),
    });
    const wrapper = await mountMail(form, typed);
    await wrapper.get("[data-form-state=called] button").trigger("click");
    await flushPromises();
    expect(sent.filter(({ request }) => request.startsWith("DELETE"))).toHaveLength(1);
    expect(useToasts().value.at(-1)?.text).toBe(`${FORM} is not taken for a contact form.`);
  });
});

describe("[M7a] a sender that looks like a form", () => {
  const asks = { from: { address: FORM }, replyTo: [{ address: "vera@mail.example", name: "Vera" }] };

  it("is offered to be called one, with what it asks for", async () => {
    const sent = answerWith({
      "GET /api/forms": { items: [{ address: FORM, state: "offered" }], nextCursor: null },
      [`PUT /api/forms/${encodeURIComponent(FORM)}`]: { address: FORM, state: "called" },
    });
    const wrapper = await mountMail(asks);
    expect(wrapper.get("[data-mail-fact]").text()).toBe("It asks for answers at Vera <vera@mail.example>");
    expect(wrapper.get("[data-form-state=offered]").text()).toContain(`${FORM} writes for several people and never answers.`);
    await wrapper.get("[data-form-state=offered] button").trigger("click");
    await flushPromises();
    expect(sent.filter(({ request }) => request.startsWith("PUT"))).toHaveLength(1);
    expect(await findBarriers()).toEqual([]);
  });

  it("is nobody's business where nothing is offered", async () => {
    answerWith({ "GET /api/forms": { items: [], nextCursor: null } });
    expect((await mountMail(asks)).find("[data-form-state]").exists()).toBe(false);
  });

  it("[T4] where it asks for answers is added by a click alone, and never with the others", () => {
    const messages = [aMessage({ channel: "email", author: { kind: "contact" }, mail: asks })];
    expect(computeOffers(messages, [FORM])).toEqual([{ address: "vera@mail.example", name: "Vera", isNewPerson: true }]);
  });
});

describe("the list of contact forms", () => {
  it("takes an address in, and lets it go", async () => {
    const sent = answerWith({
      "GET /api/forms": { items: [{ address: FORM, state: "called" }], nextCursor: null },
      [`PUT /api/forms/${encodeURIComponent("new@site.example")}`]: { address: "new@site.example", state: "called" },
      [`DELETE /api/forms/${encodeURIComponent(FORM)}`]: new Response(null, { status: 204 }),
    });
    const wrapper = await mountScreen(FormList);
    await flushPromises();
    await wrapper.get("input").setValue("New@Site.example");
    await wrapper.get("form").trigger("submit");
    await wrapper.get("li button").trigger("click");
    await flushPromises();
    expect(sent.map(({ request }) => request.split(" ")[0])).toEqual(expect.arrayContaining(["PUT", "DELETE"]));
    expect(await findBarriers()).toEqual([]);
  });
});

describe("an agent's forwarding address", () => {
  const item = (n: number, address: string) => ({ mailboxId: idOf(n), mailbox: `box${n}@shop.example`, address });

  it("stands on their page for each mailbox, to be copied, and can be made anew", async () => {
    answerWith({
      "GET /api/me/forwarding-address": {
        address: "box1+aaa@shop.example",
        items: [item(1, "box1+aaa@shop.example"), item(2, "box2+aaa@shop.example")],
      },
      "POST /api/me/forwarding-address": { address: "box1+bbb@shop.example", items: [item(1, "box1+bbb@shop.example")] },
    });
    const wrapper = await mountScreen(ForwardingCard);
    await flushPromises();
    const shown = () => wrapper.findAll("[data-forwarding-address] code").map((code) => code.text());
    expect(shown()).toEqual(["box1+aaa@shop.example", "box2+aaa@shop.example"]);
    expect(wrapper.findAll("[data-forwarding-address] button")).toHaveLength(2);
    expect(await findBarriers()).toEqual([]);
    await wrapper.findAll("button").at(-1)?.trigger("click");
    await flushPromises();
    expect(shown()).toEqual(["box1+bbb@shop.example"]);
    await showLocale("es");
    expect(wrapper.text()).toContain("Quien tenga esta dirección reenvía en tu nombre.");
  });
});
