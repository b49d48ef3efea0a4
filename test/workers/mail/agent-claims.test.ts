/** Mails that say they are an agent's: what shows it, what they do without, and the click that believes a forward. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { handleCron } from "../../../worker/cron.ts";
import { ledgerEntrySchema, type LedgerEntry } from "../../../worker/domain/api-shapes.ts";
import { forwardingAddressSchema } from "../../../worker/domain/sender-shapes.ts";
import { acceptClaimedForward } from "../../../worker/email/accept-forward.ts";
import { processMail } from "../../../worker/email/process.ts";
import { openDatabase } from "../../../worker/db/database.ts";
import { findLedgerRow } from "../../../worker/db/ledger.ts";
import { TRUSTED, forwardOf, passed, signedFor } from "../support/authority.ts";
import {
  MAILBOX,
  OTHER_MAILBOXES,
  OWNER,
  addAgent,
  addSession,
  freshDeployment,
  type KeyedAgent,
} from "../support/deployment.ts";
import { databaseAway } from "../support/faults.ts";
import { ORIGIN, call, read, refused } from "../support/http.ts";
import { FILE_MAIL, ledger, rawMail, receive, type Envelope, type MailParts } from "../support/inbound.ts";
import { takeMail } from "../support/outbound.ts";
import { count, listContacts, openThread, textsOf } from "../support/threads.ts";

let owner: KeyedAgent;
let key: string;

beforeEach(async () => {
  ({ owner } = await freshDeployment({ mail: { ...TRUSTED, canAgentsReplyByMail: true } }));
  ({ key } = owner);
});

/** @returns the newest row of the ledger, which is this mail's */
async function take(parts: MailParts = {}, envelope: Envelope = {}): Promise<LedgerEntry> {
  const from = /<([^<>]+)>/.exec(parts.from ?? "<vera@example.test>")?.[1] ?? parts.from ?? "";
  expect(await receive(rawMail(parts), { from, ...envelope })).toBeNull();
  const [row] = await ledger(key);
  if (row === undefined) throw new Error("the mail is not in the ledger");
  return row;
}

const OLIVIA = `${OWNER.name} <${OWNER.email}>`;
const NORA = "Nora <nora@example.test>";
const forwarded = (more: MailParts = {}): MailParts => ({
  from: OLIVIA,
  ...forwardOf({ from: NORA, text: "My lamp is broken." }),
  ...more,
});

async function messagesOf(id: string | null) {
  return (await openThread(key, id)).messages;
}

describe("[E39] [M9] [T20] a From line that names an agent", () => {
  test("speaks for nobody, in a thread or beside it; agents are told so, and visitors see none of it", async () => {
    takeMail();
    const { conversationId: id } = await take({ text: "first", messageId: "one@example.test" });
    const inThread = await take(
      { from: OLIVIA, text: "Refund them" },
      { to: await signedFor("contact", "vera@example.test", id ?? "") },
    );
    expect([inThread.verdict, inThread.conversationId]).toEqual(["token:new-person", id]);
    const byId = await take({ from: OLIVIA, text: "Refund them all", headers: ["In-Reply-To: <one@example.test>"] });
    expect(byId.verdict).toBe("linked");
    const claimsAgent = { id: owner.agent.id, name: OWNER.name };
    expect((await messagesOf(id))[1]).toMatchObject({ channel: "email", author: { kind: "contact" }, mail: { claimsAgent } });
    expect((await messagesOf(byId.conversationId))[0]).toMatchObject({ author: { kind: "contact" }, mail: { claimsAgent } });
  });

  test("is believed only in the word of the server that is named, for exactly that domain", async () => {
    const headers = ["In-Reply-To: <one@example.test>"];
    const { conversationId: id } = await take({ text: "first", messageId: "one@example.test" });
    for (const said of [passed("evil.test"), passed().replace("mx.acme.test", "mx.evil.test"), "X: y"])
      expect((await take({ from: OLIVIA, text: "forged", headers: [said, ...headers] })).verdict).toBe("linked");
    const row = await take({ from: OLIVIA, text: "I know her", headers: [passed(), ...headers] });
    expect([row.verdict, row.conversationId]).toEqual(["note", id]);
    expect((await messagesOf(id)).at(-1)).toMatchObject({
      channel: "note",
      text: "I know her",
      author: { kind: "agent", id: owner.agent.id, name: OWNER.name },
    });
    // Where no server is named, nobody's word counts.
    ({ owner } = await freshDeployment());
    ({ key } = owner);
    await take({ text: "first", messageId: "one@example.test" });
    expect((await take({ from: OLIVIA, text: "I know her", headers: [passed(), ...headers] })).verdict).toBe("linked");
  });

  test("with the address that was signed for them is theirs: a note without the server's word, and a reply with it", async () => {
    const outbound = takeMail();
    const { conversationId: id } = await take({ text: "first" });
    const to = await signedFor("agent-message", OWNER.email, id ?? "");
    expect((await take({ from: OLIVIA, text: "a note" }, { to })).verdict).toBe("note");
    expect((await messagesOf(id)).at(-1)).toMatchObject({ channel: "note", author: { kind: "agent", name: OWNER.name } });
    await take({ from: OLIVIA, text: "a reply", headers: [passed()] }, { to });
    expect((await outbound.nth(1)).text).toContain("a reply");
    expect(outbound.mails).toHaveLength(1);
    // In somebody else's hands it is worth no more than any other; also where they say that they are another agent.
    expect((await take({ from: "eve@evil.test", text: "hers now" }, { to })).verdict).toBe("token:new-person");
    const { agent } = await addAgent("agent", { name: "Ana", email: "ana@acme.test" });
    const row = await take({ from: `Ana <${agent.email}>`, text: "Refund them" }, { to });
    expect(row.verdict).toBe("token:new-person");
    expect((await messagesOf(id)).at(-1)?.mail).toMatchObject({ claimsAgent: { id: agent.id, name: "Ana" } });
  });
});

describe("[M9a] what was sent on to somebody outside", () => {
  test("is answered for agents alone, and owes nothing", async () => {
    const { conversationId: id } = await take({ text: "first" });
    await call({ key }, `POST /api/conversations/${id}/read`);
    const row = await take(
      { from: "Lea <lea@supplier.test>", text: "We have it." },
      { to: await signedFor("forward", "lea@supplier.test", id ?? "") },
    );
    expect([row.verdict, row.conversationId]).toEqual(["outside", id]);
    const { messages, conversation } = await openThread(key, id);
    expect(messages[1]).toMatchObject({
      channel: "note",
      text: "We have it.",
      author: { kind: "contact", name: "Lea" },
      mail: { isFromOutside: true, from: { address: "lea@supplier.test" } },
    });
    expect(conversation.unread).toBe(false);
    expect((await listContacts(key)).map(({ email }) => email)).toEqual(["vera@example.test"]);
  });
});

describe("[M8] what an agent forwards", () => {
  test("goes to its author's conversation where they are believed, with the words above it as a note", async () => {
    const { conversationId: known } = await take({ from: NORA, text: "first" });
    const row = await take(forwarded({ headers: [passed()] }));
    expect([row.verdict, row.conversationId]).toEqual(["forwarded", known]);
    const messages = await messagesOf(known);
    expect(messages.map(({ channel, text, author }) => [channel, text, author.kind, author.name])).toEqual([
      ["email", "first", "contact", "Nora"],
      ["email", "My lamp is broken.", "contact", "Nora"],
      ["note", "Please help", "agent", OWNER.name],
    ]);
    expect(messages[1]?.mail).toMatchObject({ forwardedBy: OWNER.name });
    expect(messages[1]?.mail).not.toHaveProperty("forwardAcceptedBy");
    expect((await listContacts(key)).map(({ email }) => email)).toEqual(["nora@example.test"]);
  });

  test("[T20] is else a conversation of its sender that says so, and nobody's words are put into Nora's", async () => {
    const { conversationId: known } = await take({ from: NORA, text: "first" });
    for (const from of [OLIVIA, "Eve <eve@evil.test>"]) {
      const row = await take(forwarded({ from }));
      expect(row.verdict).toBe(from === OLIVIA ? "forwarded:unverified" : "new");
      expect(row.conversationId).not.toBe(known);
    }
    const [, claim] = await ledger(key);
    expect(claim?.reason).toBe("It says that an agent forwarded a mail of nora@example.test; not verified.");
    const { messages, contact } = await openThread(key, claim?.conversationId);
    expect(contact?.email).toBe(OWNER.email);
    expect(messages).toMatchObject([
      {
        author: { kind: "contact" },
        mail: {
          from: { address: OWNER.email },
          claimsAgent: { id: owner.agent.id, name: OWNER.name },
          claimsForward: { address: "nora@example.test", name: "Nora" },
        },
      },
    ]);
    // All of it can be read, to judge it by.
    for (const words of ["Please help", "From: Nora <nora@example.test>", "My lamp is broken."])
      expect(messages[0]?.text).toContain(words);
    expect(await textsOf(key, known)).toEqual(["first"]);
    // Each is one of its own: the next says so of somebody else.
    const next = await take(forwarded(forwardOf({ from: "Paul <paul@example.test>", text: "Mine, too." })));
    expect([next.verdict, next.conversationId === claim?.conversationId]).toEqual(["forwarded:unverified", false]);
  });
});

describe("[E40] [M8] one click of an agent", () => {
  const accept = (id: string, by = key) => read(ledgerEntrySchema, { key: by }, `POST /api/ledger/${id}/accept-forward`);

  /** A mail with a file that only says that Olivia forwarded it, and the conversation of its author. */
  async function claimed() {
    const { conversationId: known } = await take({ from: NORA, text: "first" });
    const { text } = forwardOf({ from: NORA, text: "My lamp is broken." });
    const parts = {
      headers: FILE_MAIL.headers,
      text: FILE_MAIL.text.replace("See the file", text),
      messageId: "claim@acme.test",
    };
    const row = await take({ ...parts, from: OLIVIA, subject: "Fwd: Broken lamp", cc: "paul@example.test" });
    expect(row.verdict).toBe("forwarded:unverified");
    return { known, row };
  }

  test("carries it out, once, with the file and the note; where it was stands where it went, and who believed it", async () => {
    const { known, row } = await claimed();
    const ana = await addAgent("agent", { name: "Ana" });
    const entry = await accept(row.id, ana.key);
    expect(entry).toMatchObject({ id: row.id, state: "applied", verdict: "forwarded", conversationId: known, isMovable: true });
    const messages = await messagesOf(known);
    expect(messages.map(({ channel, text, author }) => [channel, text, author.name])).toEqual([
      ["email", "first", "Nora"],
      ["email", "My lamp is broken.", "Nora"],
      ["note", "Please help", OWNER.name],
    ]);
    expect(messages[1]?.mail).toMatchObject({ forwardedBy: OWNER.name, forwardAcceptedBy: { id: ana.agent.id, name: "Ana" } });
    const [file] = messages[1]?.attachments ?? [];
    const url = `POST /api/conversations/${known}/attachments/${file?.id}/url`;
    expect([file?.name, (await call({ key }, url)).status]).toEqual(["a.txt", 200]);
    const left = await openThread(key, row.conversationId);
    expect(left.messages).toMatchObject([{ mail: { movedTo: { conversationId: known, by: "Ana" } } }]);
    expect(left.conversation).toMatchObject({ status: "complete", unread: false, lastMessage: null });
    expect(await count("participants", `conversation_id = '${row.conversationId}'`)).toBe(0);
    // A second click, of whomever, changes nothing.
    expect(await accept(row.id)).toEqual(entry);
    expect(await messagesOf(known)).toEqual(messages);
    // An answer to that mail is in its author's conversation now.
    const next = await take({ from: NORA, text: "next", headers: ["In-Reply-To: <claim@acme.test>"] });
    expect([next.verdict, next.conversationId]).toEqual(["reference", known]);
  });

  test("[A5] is carried out once, wherever the database goes away", async () => {
    const { known, row } = await claimed();
    const stored = await findLedgerRow(openDatabase(env.DB), row.id);
    if (stored === null) throw new Error("no row");
    for (let steps = 1; ; steps += 1) {
      await env.DB.prepare("UPDATE ledger SET attempts = 0 WHERE id = ?").bind(row.id).run();
      let calls = 0;
      const bindings = { ...env, DB: databaseAway(steps, () => (calls += 1)) };
      // The first try is the click's, the rest are cron's.
      if (steps === 1) await acceptClaimedForward(bindings, openDatabase(env.DB), { row: stored, agentId: owner.agent.id });
      else await processMail(bindings, row.id);
      if (calls <= steps) break;
    }
    expect((await messagesOf(known)).map(({ text }) => text)).toEqual(["first", "My lamp is broken.", "Please help"]);
    expect(await messagesOf(row.conversationId)).toMatchObject([{ mail: { movedTo: { conversationId: known } } }]);
    await handleCron(env);
    expect((await ledger(key))[0]).toMatchObject({ verdict: "forwarded", conversationId: known });
  });

  test("also where the mail was moved by hand before; not of what is no such mail, and not by a viewer", async () => {
    const { known, row } = await claimed();
    const other = await take({ from: "vera@example.test", text: "other" });
    await refused({ key }, `POST /api/ledger/${other.id}/accept-forward`, [409, "conflict"]);
    await refused({ key: (await addAgent("viewer")).key }, `POST /api/ledger/${row.id}/accept-forward`, [403, "not_allowed"]);
    await call({ key }, `POST /api/ledger/${row.id}/move`, { body: { conversationId: other.conversationId } });
    expect(await accept(row.id)).toMatchObject({ verdict: "forwarded", conversationId: known, movedFrom: null });
    const [, moved] = await messagesOf(other.conversationId);
    expect(moved?.mail).toMatchObject({ movedTo: { conversationId: known } });
  });
});

describe("an agent's forwarding address", () => {
  const headers = { origin: ORIGIN };

  test("[M8] is the same each time, one for each mailbox, and forwards in their name, from wherever it is sent", async () => {
    const cookie = await addSession(owner.agent.id);
    const { address, items } = await read(forwardingAddressSchema, { cookie }, "GET /api/me/forwarding-address");
    expect(items.map(({ mailbox }) => mailbox)).toEqual([MAILBOX, ...OTHER_MAILBOXES]);
    expect(address).toBe(items[0]?.address);
    expect(address).toMatch(/^hello\+[a-z2-7]{39}@acme\.test$/u);
    expect(await read(forwardingAddressSchema, { cookie }, "GET /api/me/forwarding-address")).toEqual({ address, items });
    for (const [index, from] of [OLIVIA, "olivia.private@home.test"].entries()) {
      const to = items[index]?.address ?? "";
      const row = await take(forwarded({ from, messageId: `forward-${index}@x.test` }), { to });
      expect(row.verdict).toBe("forwarded");
      expect((await messagesOf(row.conversationId)).at(-2)?.mail).toMatchObject({
        forwardedBy: OWNER.name,
        from: { address: "nora@example.test" },
      });
    }
  });

  test("[T20] ends when a new one is made, and with the agent's role", async () => {
    const cookie = await addSession(owner.agent.id);
    const before = await read(forwardingAddressSchema, { cookie }, "GET /api/me/forwarding-address");
    const after = await read(forwardingAddressSchema, { cookie }, "POST /api/me/forwarding-address", { headers, status: 201 });
    expect(after.address).not.toBe(before.address);
    expect((await take(forwarded(), { to: before.address ?? "" })).verdict).toBe("forwarded:unverified");
    expect((await take(forwarded(), { to: after.address ?? "" })).verdict).toBe("forwarded");
    await env.DB.prepare("UPDATE agents SET role = 'viewer'").run();
    expect((await take(forwarded({ from: "x@home.test" }), { to: after.address ?? "" })).verdict).toBe("new");
  });

  test("[T22] is made anew only by who has just shown that it is still them", async () => {
    const cookie = await addSession(owner.agent.id, null);
    await refused({ cookie }, "POST /api/me/forwarding-address", [403, "password_needed"], { headers });
  });

  test("is shown to nobody else: not to a viewer, nor to an API key", async () => {
    await refused({ key }, "GET /api/me/forwarding-address", [403, "not_allowed"]);
    await refused({ key }, "POST /api/me/forwarding-address", [403, "not_allowed"]);
    const cookie = await addSession(owner.agent.id);
    await env.DB.prepare("UPDATE agents SET role = 'viewer'").run();
    await refused({ cookie }, "GET /api/me/forwarding-address", [403, "not_allowed"]);
  });
});
