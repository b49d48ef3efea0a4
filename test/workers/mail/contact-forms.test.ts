/** Contact forms: a sender that is no person writes for whoever filled it in (M7a), and what that person typed proves nothing. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { pageOf, ledgerEntrySchema, type LedgerEntry } from "../../../worker/domain/api-shapes.ts";
import { contactFormSchema } from "../../../worker/domain/sender-shapes.ts";
import { forwardOf, signedFor } from "../support/authority.ts";
import { MAILBOX, OWNER, addAgent, freshDeployment, newId } from "../support/deployment.ts";
import { call, read, refused } from "../support/http.ts";
import { FILE_MAIL, ledger, rawMail, receive, type Envelope, type MailParts } from "../support/inbound.ts";
import { takeMail } from "../support/outbound.ts";
import { count, deliveredAs, listContacts, listThreads, openThread, reply, textsOf } from "../support/threads.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

/** @returns the newest row of the ledger, which is this mail's */
async function take(parts: MailParts = {}, envelope: Envelope = {}): Promise<LedgerEntry> {
  const from = /<([^<>]+)>/.exec(parts.from ?? "<vera@example.test>")?.[1] ?? parts.from ?? "";
  expect(await receive(rawMail(parts), { from, ...envelope })).toBeNull();
  const [row] = await ledger(key);
  if (row === undefined) throw new Error("the mail is not in the ledger");
  return row;
}

const FORM = "no-reply@site.test";

/** What a form sends for somebody. */
function filledIn(person: string, text: string, more: MailParts = {}): MailParts {
  return {
    from: `Site <${FORM}>`,
    subject: "Contact form",
    text,
    ...more,
    headers: [`Reply-To: ${person}`, ...(more.headers ?? [])],
  };
}

describe("[E41] [M7a] what people write through a form", () => {
  test("is one conversation for each of them, named after who wrote, with the form beside it and nobody in the address book", async () => {
    const vera = await take(filledIn("Vera <vera@example.test>", "Do you ship?"));
    const paul = await take(filledIn("Paul <paul@example.test>", "Are you open?"));
    const again = await take(filledIn("Vera <VERA@example.test>", "Hello?"));
    expect([vera.verdict, paul.verdict, again.verdict]).toEqual(["form", "form", "form"]);
    expect(again.conversationId).toBe(vera.conversationId);
    expect(paul.conversationId).not.toBe(vera.conversationId);
    const { conversation, messages, contact } = await openThread(key, vera.conversationId);
    expect(contact).toBeNull();
    expect(conversation).toMatchObject({
      address: { email: "vera@example.test", level: "typed" },
      form: FORM,
      unread: true,
      hasVisitor: false,
    });
    expect(messages).toMatchObject([
      {
        text: "Do you ship?",
        author: { kind: "contact", name: "Vera" },
        mail: { from: { address: "vera@example.test" }, form: { address: FORM } },
      },
      { text: "Hello?" },
    ]);
    expect(messages[1]?.mail).not.toHaveProperty("isParticipant");
    expect(await listContacts(key)).toEqual([]);
  });

  test("[T4] [T1] is answered at the address that was typed, with the agent's reply and nothing automatic", async () => {
    await env.DB.prepare("UPDATE mailboxes SET has_receipt = 1, has_out_of_hours = 1").run();
    const outbound = takeMail();
    const { conversationId: id } = await take(
      filledIn("Your bank <vera@example.test>", "Pay at evil.test/pay", {
        subject: "See evil.test",
        messageId: "form@site.test",
      }),
    );
    const { seq } = await reply(key, id, { text: "Which order is it?" });
    await deliveredAs(key, id, { seq, state: "sent" });
    expect(outbound.mails).toHaveLength(1);
    const [mail] = outbound.mails;
    expect(mail).toMatchObject({ to: ["vera@example.test"], subject: "Re: See [link left out]" });
    expect(mail?.text).toContain("Written by somebody in our contact form:\nPay at [link left out]");
    // T23: nothing that a stranger chose.
    expect(JSON.stringify(mail)).not.toMatch(/evil\.test|Your bank|form@site\.test/u);
    // Now that the company has written to it, it is somebody.
    await expect.poll(async () => (await openThread(key, id)).contact).toMatchObject({ email: "vera@example.test", name: null });
  });

  test("[T2] never joins what was there before, nor becomes the place of the address", async () => {
    const outbound = takeMail();
    const own = await take({ text: "my own mail", messageId: "own@example.test" });
    const form = await take(filledIn("vera@example.test", "not me", { headers: ["In-Reply-To: <own@example.test>"] }));
    expect(form.verdict).toBe("form");
    expect(form.conversationId).not.toBe(own.conversationId);
    expect((await take({ text: "again" })).conversationId).toBe(own.conversationId);
    expect(await textsOf(key, own.conversationId)).toEqual(["my own mail", "again"]);
    // Not even once the person has answered from there: their mails have a place.
    const { seq } = await reply(key, form.conversationId);
    await deliveredAs(key, form.conversationId, { seq, state: "sent" });
    const answer = await take({ text: "it was me" }, { to: outbound.mails.at(-1)?.replyTo ?? "" });
    expect([answer.verdict, answer.conversationId]).toEqual(["token", form.conversationId]);
    expect((await openThread(key, form.conversationId)).conversation.address?.level).toBe("reachable");
    expect((await take({ text: "and again" })).conversationId).toBe(own.conversationId);
  });

  test("[M11] [T3] with a signed address is another person there: the sender is the form, never Reply-To", async () => {
    const { conversationId: id } = await take({ text: "first" });
    const to = await signedFor("contact", "vera@example.test", id ?? "");
    const row = await take(filledIn("vera@example.test", "let me in"), { to });
    expect([row.verdict, row.conversationId]).toEqual(["token:new-person", id]);
    expect((await openThread(key, id)).messages[1]?.mail).toMatchObject({
      isNewPerson: true,
      from: { address: FORM },
      replyTo: [{ address: "vera@example.test" }],
    });
  });

  test("[T4] joins no conversation in which an agent has let another address replace theirs", async () => {
    const { conversationId: id } = await take(filledIn("vera@example.test", "Do you ship?"));
    const body = { email: "nora@example.test" };
    expect((await call({ key }, `POST /api/conversations/${id}/address`, { body })).status).toBe(204);
    const next = await take(filledIn("vera@example.test", "And to Spain?"));
    expect([next.verdict, next.conversationId === id]).toEqual(["form", false]);
    expect((await take(filledIn("vera@example.test", "Hello?"))).conversationId).toBe(next.conversationId);
    expect(await textsOf(key, id)).toEqual(["Do you ship?"]);
  });

  test("a mailbox of ours is a form, too; without one other Reply-To it is a loop", async () => {
    expect((await take(filledIn("vera@example.test", "x", { from: MAILBOX }))).verdict).toBe("form");
    expect((await take({ from: MAILBOX })).verdict).toBe("filtered:loop");
    expect((await take(filledIn("vera@example.test, paul@example.test", "x", { from: MAILBOX }))).verdict).toBe("filtered:loop");
  });

  test("of a blocked person is kept aside; let in, it is a form's", async () => {
    await take({ text: "spam" });
    const [contact] = await listContacts(key);
    await call({ key }, `PATCH /api/contacts/${contact?.id}`, { body: { isBlocked: true } });
    const row = await take(filledIn("vera@example.test", "more spam", { from: MAILBOX }));
    expect(row.verdict).toBe("filtered:blocked");
    const entry = await read(ledgerEntrySchema, { key }, `POST /api/ledger/${row.id}/accept`);
    expect(entry).toMatchObject({ state: "applied", verdict: "form" });
  });

  test("[T20] of somebody with an agent's address is no agent's", async () => {
    const ana = await addAgent("agent", { name: "Ana", email: "ana@acme.test" });
    const { conversationId: id } = await take(filledIn("ana@acme.test", "Refund me"));
    expect((await openThread(key, id)).messages[0]).toMatchObject({
      author: { kind: "contact" },
      mail: { claimsAgent: { id: ana.agent.id, name: "Ana" } },
    });
    const row = await take(filledIn(OWNER.email, forwardOf({ from: "nora@example.test", text: "x" }).text));
    expect(row.verdict).toBe("form");
  });

  test("[V7] can be moved by hand, and stays what somebody typed", async () => {
    const row = await take(filledIn("vera@example.test", "See the file", FILE_MAIL));
    const moved = await read(ledgerEntrySchema, { key }, `POST /api/ledger/${row.id}/move`, { body: { conversationId: null } });
    const { conversation, contact, messages } = await openThread(key, moved.conversationId);
    expect([contact, conversation.address, conversation.form]).toEqual([
      null,
      { email: "vera@example.test", level: "typed", claimed: null },
      FORM,
    ]);
    expect(messages).toMatchObject([{ attachments: [{ name: "a.txt" }], mail: { form: { address: FORM } } }]);
    expect([await listContacts(key), await count("participants")]).toEqual([[], 0]);
  });
});

describe("[M7a] [M3b] how much a form may send", () => {
  /** As if this many mails had come a moment ago. */
  const cameBefore = async (person: string, mails: number, minutes: number) => {
    const row = await env.DB.prepare("SELECT * FROM ledger ORDER BY received_at DESC").first();
    const at = Date.now() - minutes * 60_000;
    for (let number = 0; number < mails; number += 1) {
      const id = newId(at + number);
      await env.DB.prepare(
        `INSERT INTO ledger (id, received_at, envelope_from, envelope_to, mailbox_id, size, raw_key, raw_hash, state, from_address, reply_to, updated_at)
          VALUES (?, ?, '', ?, ?, 1, 'none', ?, 'applied', ?, ?, 0)`,
      )
        .bind(id, at, MAILBOX, row?.["mailbox_id"], id, FORM, person)
        .run();
    }
  };

  test("60 an hour, and the rest waits for a click; who writes by themselves is not held up", async () => {
    await take(filledIn("first@example.test", "x"));
    await cameBefore("crowd@example.test", 58, 30);
    expect((await take(filledIn("sixty@example.test", "x"))).verdict).toBe("form");
    const row = await take(filledIn("late@example.test", "x"));
    expect(row).toMatchObject({ state: "filtered", verdict: "filtered:brake", conversationId: null });
    expect((await take()).verdict).toBe("new");
    expect(await read(ledgerEntrySchema, { key }, `POST /api/ledger/${row.id}/accept`)).toMatchObject({
      state: "applied",
      verdict: "form",
    });
    await env.DB.prepare("UPDATE ledger SET received_at = received_at - 3600000").run();
    expect((await take(filledIn("later@example.test", "x"))).verdict).toBe("form");
  });

  test("a storm is one person's: others get through", async () => {
    await take(filledIn("vera@example.test", "x"));
    await cameBefore("vera@example.test", 19, 5);
    expect((await take(filledIn("vera@example.test", "x"))).verdict).toBe("filtered:loop");
    expect((await take(filledIn("paul@example.test", "x"))).verdict).toBe("form");
  });
});

describe("[M7a] an address that the owner calls a form", () => {
  const SENDER = "wordpress@site.test";
  const by = (person: string, more: MailParts = {}) => filledIn(person, "Hello", { from: `Site <${SENDER}>`, ...more });
  const forms = async () => (await read(pageOf(contactFormSchema), { key }, "GET /api/forms")).items;

  test("is one from then on, until they say that it is none", async () => {
    expect((await take(by("vera@example.test"))).verdict).toBe("new");
    expect(await read(contactFormSchema, { key }, `PUT /api/forms/${SENDER.toUpperCase()}`)).toEqual({
      address: SENDER,
      state: "called",
    });
    expect((await take(by("vera@example.test"))).verdict).toBe("form");
    expect((await take({ from: SENDER, text: "no other address" })).verdict).toBe("contact");
    await read(contactFormSchema, { key }, `PUT /api/forms/${SENDER}`);
    expect(await forms()).toEqual([{ address: SENDER, state: "called" }]);
    expect((await call({ key }, `DELETE /api/forms/${SENDER}`)).status).toBe(204);
    expect((await take(by("paul@example.test"))).verdict).toBe("contact");
    expect(await forms()).toEqual([]);
  });

  test("is offered once it has written for three people and has never answered", async () => {
    for (const person of ["a@example.test", "b@example.test", "b@example.test"]) await take(by(person));
    expect(await forms()).toEqual([]);
    const { conversationId: id } = await take(by("c@example.test"));
    expect(await forms()).toEqual([{ address: SENDER, state: "offered" }]);
    // Kept, shown, and used for nothing by itself.
    const { messages, contact } = await openThread(key, id);
    expect([contact?.email, messages.map(({ mail }) => mail?.replyTo?.[0]?.address)]).toEqual([
      SENDER,
      ["a@example.test", "b@example.test", "b@example.test", "c@example.test"],
    ]);
    expect((await call({ key }, `DELETE /api/forms/${SENDER}`)).status).toBe(204);
    await take(by("d@example.test"));
    expect(await forms()).toEqual([]);
  });

  test("is not offered where a person writes: who answers us, or writes for themselves, too", async () => {
    const outbound = takeMail();
    const { conversationId: id } = await take(by("a@example.test"));
    const { seq } = await reply(key, id);
    await deliveredAs(key, id, { seq, state: "sent" });
    await take(by("b@example.test"), { to: outbound.mails[0]?.replyTo ?? "" });
    for (const person of ["c@example.test", "d@example.test"]) await take(by(person));
    await take({ from: "assistant@firm.test" });
    for (const person of ["a", "b", "c"]) await take(by(`${person}@firm.test`, { from: "assistant@firm.test" }));
    expect(await forms()).toEqual([]);
  });

  test("is called so by admins alone, and is an address", async () => {
    const agent = await addAgent("agent");
    expect((await call({ key: agent.key }, "GET /api/forms")).status).toBe(200);
    await refused({ key: agent.key }, `PUT /api/forms/${SENDER}`, [403, "not_allowed"]);
    await refused({ key: agent.key }, `DELETE /api/forms/${SENDER}`, [403, "not_allowed"]);
    await refused({ key }, "PUT /api/forms/nobody", [422, "invalid"]);
  });
});

test("[E9] what is asked for elsewhere is kept with any mail, and our own addresses are no news", async () => {
  const { conversationId: id } = await take({
    text: "x",
    headers: [`Reply-To: Bea <bea@example.test>, vera@example.test, ${MAILBOX}`],
  });
  const [message] = (await openThread(key, id)).messages;
  expect(message?.mail).toMatchObject({
    from: { address: "vera@example.test" },
    replyTo: [{ address: "bea@example.test", name: "Bea" }],
  });
  await listThreads(key, 1);
});
