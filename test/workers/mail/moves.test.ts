import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { openDatabase } from "../../../worker/db/database.ts";
import { findLedgerRow } from "../../../worker/db/ledger.ts";
import { ledgerEntrySchema, type LedgerEntry } from "../../../worker/domain/api-shapes.ts";
import { handleCron } from "../../../worker/cron.ts";
import { moveMail } from "../../../worker/email/move-mail.ts";
import { conversationStub } from "../../../worker/objects.ts";
import { TRUSTED, forwardOf, passed } from "../support/authority.ts";
import { MAILBOX, OTHER_MAILBOXES, OWNER, addAgent, freshDeployment, newId, type KeyedAgent } from "../support/deployment.ts";
import { dyingAfter } from "../support/faults.ts";
import { SITE, call, read, refused } from "../support/http.ts";
import { FILE_MAIL, ledger, rawMail, receive, type Envelope, type MailParts } from "../support/inbound.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";
import { ports } from "../support/ports.ts";
import { WAIT, agentSocket, visitorSocket } from "../support/socket.ts";
import { count, deliveredAs, listContacts, listThreads, openThread, placeOf, reply } from "../support/threads.ts";
import { beginChat, confirmedFor } from "../support/visitor.ts";

let owner: KeyedAgent;
let key: string;
let outbound: Outbound;

beforeEach(async () => {
  ({ owner } = await freshDeployment({ mail: TRUSTED }));
  ({ key } = owner);
  outbound = takeMail();
});

/** @returns the newest row of the ledger, which is this mail's */
async function take(parts: MailParts = {}, envelope: Envelope = {}): Promise<LedgerEntry & { conversationId: string }> {
  const from = /<([^<>]+)>/.exec(parts.from ?? "<vera@example.test>")?.[1] ?? parts.from ?? "";
  expect(await receive(rawMail(parts), { from, ...envelope })).toBeNull();
  const [row] = await ledger(key);
  if (row === undefined || row.conversationId === null) throw new Error("the mail is in no conversation");
  return { ...row, conversationId: row.conversationId };
}

async function move(id: string, conversationId: string | null): Promise<LedgerEntry> {
  return read(ledgerEntrySchema, { key }, `POST /api/ledger/${id}/move`, { body: { conversationId } });
}

/** The texts that a thread shows; what was moved away in brackets. */
async function shown(id: string | null | undefined): Promise<string[]> {
  return (await openThread(key, id)).messages.map(({ text, mail }) => (mail?.movedTo === undefined ? text : `(${text})`));
}

/** Two conversations: Vera's with two mails, of which the second belongs to Nora's. */
async function twoThreads() {
  const first = await take({ text: "first", subject: "Lamp" });
  const second = await take({ text: "second", subject: "Chair" });
  const nora = await take({ from: "Nora <nora@example.test>", text: "hello", subject: "Chairs" });
  expect([second.conversationId, nora.conversationId !== first.conversationId]).toEqual([first.conversationId, true]);
  return { vera: first.conversationId, nora: nora.conversationId, mail: second };
}

describe("[E16] [V1] an agent moves a mail to another conversation", () => {
  test("it is shown there, here stands where it went, and the ledger follows", async () => {
    const { vera, nora, mail } = await twoThreads();
    const entry = await move(mail.id, nora);
    expect(entry).toEqual({ ...mail, conversationId: nora, movedFrom: vera });
    expect(await shown(vera)).toEqual(["first", "(second)"]);
    expect(await shown(nora)).toEqual(["hello", "second"]);
    const here = (await openThread(key, vera)).messages[1];
    const there = (await openThread(key, nora)).messages[1];
    expect(here?.mail).toMatchObject({ movedTo: { conversationId: nora, by: OWNER.name } });
    expect(there?.mail).toMatchObject({
      ledgerId: mail.id,
      from: { address: "vera@example.test" },
      movedFrom: { conversationId: vera, by: OWNER.name, at: here?.at },
    });
    expect((await findLedgerRow(openDatabase(env.DB), mail.id))?.seq).toBe(2);
  });

  test("[V3] lists show what is left: preview, subject and unread", async () => {
    const { vera, nora, mail } = await twoThreads();
    await call({ key }, `POST /api/conversations/${nora}/read`, { body: {} });
    await call({ key }, `POST /api/conversations/${vera}/read`, { body: { seq: 1 } });
    await move(mail.id, nora);
    const lists = await listThreads(key, 2);
    expect(lists.find(({ id }) => id === vera)).toMatchObject({
      unread: false,
      subject: "Lamp",
      lastMessage: { seq: 1, preview: "first" },
    });
    // Somebody else's mail does not rename Nora's thread.
    expect(lists.find(({ id }) => id === nora)).toMatchObject({
      unread: true,
      subject: "Chairs",
      lastMessage: { seq: 2, preview: "second" },
    });
    const before = lists.map(({ id, ...item }) => [id, item]);
    expect((await call({ key }, "POST /api/projections/rebuild", { body: {} })).status).toBeLessThan(300);
    expect((await listThreads(key, 2)).map(({ id, ...item }) => [id, item])).toEqual(before);
  });

  test("moving it back undoes it; again and again, each place holds it once", async () => {
    const { vera, nora, mail } = await twoThreads();
    const before = await openThread(key, vera);
    for (let round = 0; round < 2; round += 1) {
      expect((await move(mail.id, nora)).movedFrom).toBe(vera);
      expect(await move(mail.id, vera)).toEqual(mail);
      expect([await shown(vera), await shown(nora)]).toEqual([
        ["first", "second"],
        ["hello", "(second)"],
      ]);
    }
    const { conversation } = await openThread(key, vera);
    expect(conversation).toEqual({ ...before.conversation, revision: conversation.revision });
    expect((await openThread(key, vera)).messages[1]).toEqual({
      ...before.messages[1],
      mail: { ...before.messages[1]?.mail, move: 4 },
    });
  });

  test("a new conversation of its own, the same one however often it is asked for", async () => {
    const { vera, mail } = await twoThreads();
    const own = (await move(mail.id, null)).conversationId;
    expect((await move(mail.id, null)).conversationId).toBe(own);
    expect(await shown(own)).toEqual(["second"]);
    expect((await openThread(key, own)).conversation).toMatchObject({
      contact: { email: "vera@example.test", name: "Vera" },
      subject: "Chair",
      unread: true,
      hasVisitor: false,
    });
    expect(await listContacts(key)).toHaveLength(2);
    // An answer goes to Vera, and answers this mail alone.
    const { seq } = await reply(key, own);
    await deliveredAs(key, own, { seq, state: "sent" });
    expect(outbound.mails[0]).toMatchObject({ subject: "Re: Chair" });
    expect(JSON.stringify(outbound.mails[0]?.to)).toContain("vera@example.test");
    expect(JSON.stringify(outbound.mails[0])).not.toContain("first");
    await move(mail.id, vera);
    expect((await move(mail.id, null)).conversationId).toBe(own);
  });

  test("[V3] with nothing left the conversation is complete, and open again when it is undone", async () => {
    const { nora, vera } = await twoThreads();
    const only = (await ledger(key)).find(({ conversationId }) => conversationId === nora);
    await move(only?.id ?? "", vera);
    expect((await openThread(key, nora)).conversation).toMatchObject({ status: "complete", unread: false, lastMessage: null });
    expect(await shown(vera)).toEqual(["first", "second", "hello"]);
    await move(only?.id ?? "", nora);
    expect((await openThread(key, nora)).conversation).toMatchObject({ status: "open", unread: true, lastMessage: { seq: 1 } });
  });

  test("a forwarded mail goes with the note above it", async () => {
    const { nora } = await twoThreads();
    const forwarded = await take({
      from: OWNER.email,
      headers: [passed()],
      ...forwardOf({ from: "Paul <paul@example.test>", text: "It is broken." }),
    });
    await move(forwarded.id, nora);
    expect(await shown(forwarded.conversationId)).toEqual(["(It is broken.)", "(Please help)"]);
    expect(await shown(nora)).toEqual(["hello", "It is broken.", "Please help"]);
  });

  test("one mail at two mailboxes is one message: both rows follow", async () => {
    const { nora } = await twoThreads();
    const raw = rawMail({ text: "to both", messageId: "both@example.test" });
    for (const to of [MAILBOX, OTHER_MAILBOXES[0]])
      await receive(raw, { from: "vera@example.test", ...(to === undefined ? {} : { to }) });
    const rows = (await ledger(key)).slice(0, 2);
    await move(rows[0]?.id ?? "", nora);
    expect((await ledger(key)).slice(0, 2).map(({ conversationId }) => conversationId)).toEqual([nora, nora]);
    expect((await shown(nora)).filter((text) => text === "to both")).toHaveLength(1);
    await move(rows[1]?.id ?? "", rows[1]?.conversationId ?? "");
    expect(await shown(nora)).toEqual(["hello", "(to both)"]);
    expect((await shown(rows[0]?.conversationId)).at(-1)).toBe("to both");
  });
});

describe("[V6] what matching goes by follows the mail", () => {
  test("an answer to it, by its sender or by who was in copy, lands where it is now, and back after an undo", async () => {
    const first = await take({ text: "first", messageId: "first@example.test" });
    const nora = await take({ from: "Nora <nora@example.test>", text: "hello" });
    const mail = await take({
      text: "second",
      cc: "paul@example.test",
      messageId: "second@example.test",
      headers: ["In-Reply-To: <first@example.test>"],
    });
    await env.DB.prepare("INSERT OR IGNORE INTO participants VALUES (?, 'paul@example.test', ?, 1)")
      .bind(mail.conversationId, mail.id)
      .run();
    await move(mail.id, nora.conversationId);
    const answer = { headers: ["In-Reply-To: <second@example.test>", "References: <first@example.test> <second@example.test>"] };
    const follow = await take({ ...answer, text: "by Vera" });
    expect([follow.verdict, follow.conversationId]).toEqual(["reference", nora.conversationId]);
    const copied = await take({ ...answer, from: "paul@example.test", text: "by Paul" });
    expect([copied.verdict, copied.conversationId]).toEqual(["reference", nora.conversationId]);
    // Paul does not belong to the conversation that the mail has left.
    const stranger = await take({
      from: "paul@example.test",
      text: "Paul again",
      headers: ["In-Reply-To: <first@example.test>"],
    });
    expect(stranger.verdict).toBe("linked");
    await move(mail.id, first.conversationId);
    const back = await take({ ...answer, text: "Vera again" });
    expect([back.verdict, back.conversationId]).toEqual(["reference", first.conversationId]);
  });

  test("the contact's next mail goes where the mail went, if that is theirs, and never into somebody else's", async () => {
    const { vera, nora, mail } = await twoThreads();
    await move(mail.id, nora);
    expect((await take({ text: "third" })).conversationId).toBe(vera);
    const own = (await move(mail.id, null)).conversationId;
    await move(mail.id, vera);
    const mine = (await move(mail.id, null)).conversationId;
    expect(mine).toBe(own);
    expect((await take({ text: "fourth" })).conversationId).toBe(own);
    await move(mail.id, vera);
    expect((await take({ text: "fifth" })).conversationId).toBe(vera);
  });

  test("[E15] ids that it taught lead to its conversation", async () => {
    const first = await take({ text: "first" });
    const { seq } = await reply(key, first.conversationId);
    await deliveredAs(key, first.conversationId, { seq, state: "sent" });
    const mail = await take(
      { text: "with the token", headers: ["References: <unknown@platform.test>"] },
      { to: outbound.mails[0]?.replyTo ?? "" },
    );
    expect(mail.verdict).toBe("token");
    const own = (await move(mail.id, null)).conversationId;
    const next = await take({ text: "next", headers: ["In-Reply-To: <unknown@platform.test>"] });
    expect([next.verdict, next.conversationId]).toEqual(["reference", own]);
    // The signed address is still that of the conversation that gave it.
    const tokened = await take({ text: "token" }, { to: outbound.mails[0]?.replyTo ?? "" });
    expect(tokened.conversationId).toBe(first.conversationId);
  });

  test("[V3] a reply where it was answers the mail before it, and the transcript leaves it out", async () => {
    const first = await take({ text: "first", subject: "Lamp", messageId: "first@example.test" });
    const mail = await take({ text: "second secret", subject: "Chair", messageId: "second@example.test" });
    await move(mail.id, null);
    const { seq } = await reply(key, first.conversationId);
    await deliveredAs(key, first.conversationId, { seq, state: "sent" });
    expect(outbound.mails[0]).toMatchObject({ subject: "Re: Lamp", headers: { "In-Reply-To": "<first@example.test>" } });
    expect(JSON.stringify(outbound.mails[0])).not.toMatch(/second/u);
    expect(ports.seen.delivered.at(-1)?.earlier.map(({ text }) => text)).toEqual(["first"]);
  });

  test("[T11] its files belong to the conversation that shows it, and to no other", async () => {
    const nora = await take({ from: "Nora <nora@example.test>" });
    const mail = await take(FILE_MAIL);
    const url = async (id: string) => {
      const file = (await openThread(key, mail.conversationId)).messages[0]?.attachments[0]?.id;
      return (await call({ key }, `POST /api/conversations/${id}/attachments/${file}/url`)).status;
    };
    expect([await url(mail.conversationId), await url(nora.conversationId)]).toEqual([200, 404]);
    await move(mail.id, nora.conversationId);
    expect((await openThread(key, nora.conversationId)).messages[1]?.attachments).toMatchObject([{ name: "a.txt" }]);
    expect([await url(mail.conversationId), await url(nora.conversationId)]).toEqual([404, 200]);
    await move(mail.id, mail.conversationId);
    expect([await url(mail.conversationId), await url(nora.conversationId)]).toEqual([200, 404]);
  });
});

/** A chat of Vera's that a mail with its token came into, in a browser that has shown that her address is its owner's. */
async function confirmedChat() {
  const begun = await beginChat({ text: "Do you ship?", contact: { email: "vera@example.test", name: "Vera" } });
  const { seq } = await reply(key, begun.conversationId, { text: "We do." });
  await deliveredAs(key, begun.conversationId, { seq, state: "sent" });
  const mail = await take({ text: "Great!" }, { to: outbound.mails[0]?.replyTo ?? "" });
  expect(mail.conversationId).toBe(begun.conversationId);
  const chat = { ...begun, token: await confirmedFor(begun.token, "vera@example.test") };
  await vi.waitFor(async () => expect(await placeOf("vera@example.test")).toBe(chat.conversationId), WAIT);
  return { chat, mail };
}

async function widget(token: string) {
  const socket = await visitorSocket(token, { headers: { origin: SITE } });
  socket.send({ type: "hello", lastSeq: 0 });
  return { socket, welcome: await socket.next("welcome") };
}

describe("[V4] visitors", () => {
  test("are told at once that their mail is not shown any more, and again when it is", async () => {
    const { chat, mail } = await confirmedChat();
    const { socket, welcome } = await widget(chat.token);
    const agent = await agentSocket({ key }, chat.conversationId);
    agent.send({ type: "hello", lastSeq: 0 });
    await agent.next("welcome");
    expect(welcome.messages.map(({ text }) => text)).toEqual(["Do you ship?", "We do.", "Great!"]);
    const other = (await move(mail.id, null)).conversationId;
    expect((await socket.next("withdrawn")).seqs).toEqual([3]);
    expect((await agent.next("message")).message).toMatchObject({ seq: 3, mail: { movedTo: { conversationId: other } } });
    const again = await widget(chat.token);
    expect(again.welcome).toMatchObject({ withdrawn: [3] });
    expect(again.welcome.messages.map(({ text }) => text)).toEqual(["Do you ship?", "We do."]);
    expect(JSON.stringify(again.socket.texts)).not.toContain("Great!");
    // Who had it, and an agent who was away, are told with the next welcome.
    const colleague = await agentSocket({ key }, chat.conversationId);
    colleague.send({ type: "hello", lastSeq: 3 });
    expect((await colleague.next("welcome")).messages).toMatchObject([{ seq: 3, mail: { movedTo: { conversationId: other } } }]);
    await move(mail.id, chat.conversationId);
    expect((await socket.next("message")).message).toMatchObject({ seq: 3, text: "Great!" });
    const late = await visitorSocket(chat.token, { headers: { origin: SITE } });
    late.send({ type: "hello", lastSeq: 3 });
    expect((await late.next("welcome")).messages).toMatchObject([{ seq: 3, text: "Great!" }]);
    expect(late.frames[0]).not.toHaveProperty("withdrawn");
    expect((await widget(chat.token)).welcome.messages.map(({ text }) => text)).toEqual(["Do you ship?", "We do.", "Great!"]);
    expect(agent.frames.map(({ type }) => type)).not.toContain("withdrawn");
  });

  test("[T2] [A16] never see a mail that was moved into their chat: neither somebody else's nor their own", async () => {
    const { chat } = await confirmedChat();
    const { socket } = await widget(chat.token);
    const nora = await take({ from: "Nora <nora@example.test>", text: "Nora's secret" });
    await move(nora.id, chat.conversationId);
    expect((await shown(chat.conversationId)).at(-1)).toBe("Nora's secret");
    const again = await widget(chat.token);
    expect(again.welcome.messages.map(({ text }) => text)).toEqual(["Do you ship?", "We do.", "Great!"]);
    // Nor are they told that one has gone which they never had.
    await move(nora.id, nora.conversationId);
    const from = again.socket.frames.length;
    await reply(key, chat.conversationId, { channel: "chat", text: "Still there?" });
    await again.socket.next("message", from);
    expect([...socket.frames, ...again.socket.frames].map(({ type }) => type)).not.toContain("withdrawn");
    await move(nora.id, chat.conversationId);

    const typed = await beginChat({ text: "It's Vera", contact: { email: "vera@example.test", name: "Vera" } });
    const liar = await widget(typed.token);
    const mail = await take({ text: "Vera's own words" });
    expect(mail.conversationId).toBe(chat.conversationId);
    await move(mail.id, typed.conversationId);
    expect((await shown(typed.conversationId)).at(-1)).toBe("Vera's own words");
    expect((await widget(typed.token)).welcome.messages.map(({ text }) => text)).toEqual(["It's Vera"]);
    const confirmed = await confirmedFor(typed.token, "vera@example.test");
    expect((await widget(confirmed)).welcome.messages.map(({ text }) => text)).toEqual(["It's Vera"]);
    // Moved back it is for whom it was when it came.
    await move(mail.id, chat.conversationId);
    expect((await widget(chat.token)).welcome.messages.at(-1)?.text).toBe("Vera's own words");
    expect(JSON.stringify([socket.texts, again.socket.texts])).not.toContain("secret");
    expect(JSON.stringify(liar.socket.texts)).not.toContain("own words");
  });
});

describe("[A5] [V5] a crash between any two steps of a move", () => {
  test.each([false, true])(
    "is made good by cron; nothing is doubled or lost (the last answer was lost: %s)",
    async (isAnswerLost) => {
      const { vera, nora } = await twoThreads();
      const mail = await take({ ...FILE_MAIL, cc: "paul@example.test" });
      const db = (steps: number, onStep: () => void) => dyingAfter(steps, { isAnswerLost, onStep });
      let [from, to] = [vera, nora];
      for (let steps = 1; ; steps += 1) {
        const row = await findLedgerRow(openDatabase(env.DB), mail.id);
        if (row === null) throw new Error("no row");
        let taken = 0;
        const bindings = { ...env, ...db(steps, () => (taken += 1)) };
        await moveMail(bindings, openDatabase(bindings.DB), { row, to, agentId: owner.agent.id }).catch(() => null);
        const isWished = (await findLedgerRow(openDatabase(env.DB), mail.id))?.moveTo !== null;
        // Never in none of the two.
        expect([...(await shown(vera)), ...(await shown(nora))]).toContain("See the file");
        await handleCron(env);
        const settled = await findLedgerRow(openDatabase(env.DB), mail.id);
        const isMoved = settled?.conversationId === to;
        expect(isMoved || !isWished).toBe(true);
        expect(settled?.moveTo).toBeNull();
        const [holds, left] = isMoved ? [to, from] : [from, to];
        expect((await shown(holds)).filter((text) => text === "See the file")).toHaveLength(1);
        expect(await shown(left)).not.toContain("See the file");
        const message = (await openThread(key, holds)).messages.find(({ text }) => text === "See the file");
        expect(message?.seq).toBe(settled?.seq);
        expect(
          await count("mail_ids", `ledger_id = '${mail.id}' AND conversation_id = '${holds}' AND seq = ${message?.seq}`),
        ).toBe(1);
        expect(await count("attachments", `conversation_id = '${holds}'`)).toBe(1);
        if (isMoved) [from, to] = [to, from];
        if (isAnswerLost ? taken < steps : taken <= steps) {
          expect(steps).toBeGreaterThan(10);
          return;
        }
      }
    },
  );

  test("[V2] two agents at once: one of them moves it, the other is told", async () => {
    const { vera, nora, mail } = await twoThreads();
    const answers = await Promise.all(
      [nora, null].map(async (to) => call({ key }, `POST /api/ledger/${mail.id}/move`, { body: { conversationId: to } })),
    );
    expect(answers.map(({ status }) => status)).toContain(200);
    const places = (await listThreads(key, await count("conversations"))).map(({ id }) => id);
    const texts = (await Promise.all(places.map(shown))).flat();
    expect(texts.filter((text) => text === "second")).toHaveLength(1);
    expect(await shown(vera)).toContain("(second)");
  });

  test("[V2] the same wish twice at once is one move", async () => {
    const { nora, mail } = await twoThreads();
    const row = await findLedgerRow(openDatabase(env.DB), mail.id);
    if (row === null) throw new Error("no row");
    await Promise.all([move(mail.id, nora), handleCron(env), handleCron(env)]);
    await handleCron(env);
    expect((await shown(nora)).filter((text) => text === "second")).toHaveLength(1);
    // A process that slept through all of it, and the undoing, changes nothing.
    const late = { ...row, moveTo: nora, movedBy: owner.agent.id, moves: 1 };
    await move(mail.id, row.conversationId);
    const stub = conversationStub(env, row.conversationId ?? "");
    await stub.moveMailOut({
      keys: (await stub.mailParts(2)).map((part) => part.key),
      to: { conversationId: nora },
      move: late.moves,
      actor: { kind: "system" },
    });
    expect(await shown(row.conversationId)).toEqual(["first", "second"]);
  });
});

describe("[V7] what is not moved", () => {
  test("a bounce, a mail that was kept aside, to a conversation that is none, and by who may not", async () => {
    const { nora, mail } = await twoThreads();
    const path = `POST /api/ledger/${mail.id}/move`;
    await refused({ key }, path, [404, "not_found"], { body: { conversationId: newId() } });
    await refused({ key }, path, [422, "invalid"], { body: {} });
    await refused({ key }, path, [422, "invalid"], { body: { conversationId: "x" } });
    await refused({ key }, `POST /api/ledger/${newId()}/move`, [404, "not_found"], { body: { conversationId: nora } });
    const viewer = await addAgent("viewer");
    await refused({ key: viewer.key }, path, [403, "not_allowed"], { body: { conversationId: nora } });
    await receive(rawMail({ headers: ["Auto-Submitted: auto-replied"], from: "robot@example.test" }), {
      from: "robot@example.test",
    });
    const [aside] = await ledger(key);
    expect(aside).toMatchObject({ verdict: "filtered:auto-reply", isMovable: false });
    await refused({ key }, `POST /api/ledger/${aside?.id}/move`, [409, "conflict"], { body: { conversationId: nora } });
    expect(await shown(mail.conversationId)).toEqual(["first", "second"]);
  });
});
