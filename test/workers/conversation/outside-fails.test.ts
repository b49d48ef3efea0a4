/** With everything outside away, the chat goes on (A4, A12); what is owed is delivered later, with back-off. */
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { conversationSchema } from "../../../durable-objects/conversation/protocol.ts";
import { conversationPorts } from "../../../worker/ports.ts";
import {
  ANA,
  AUTHOR_ANA,
  VISITOR,
  alarmOf,
  begin,
  chatOpenRequest,
  confirmAddress,
  crash,
  freshStorage,
  join,
  send,
  sendAnswer,
  seqsOf,
  settle,
} from "../support/conversation.ts";
import { newId } from "../support/deployment.ts";
import { fail, hang, ports } from "../support/ports.ts";
import { WAIT } from "../support/socket.ts";

beforeEach(freshStorage);

const everyPort = (port: () => Promise<never>) => ({
  saveIndex: port,
  publish: port,
  publishPresence: port,
  resolveContact: port,
  noteAddress: port,
  notePlace: port,
  findOwnAddresses: port,
  claimAttachments: port,
  loadRoles: port,
  deliver: port,
});

/** The row of the index in D1. */
async function indexed(id: string) {
  const row = await env.DB.prepare("SELECT revision, item FROM conversations WHERE id = ?").bind(id).first();
  return row === null ? null : { revision: row["revision"], item: v.parse(conversationSchema, JSON.parse(String(row["item"]))) };
}

/** Conversations that are known to have an address. */
async function noted(email: string): Promise<unknown[]> {
  const rows = await env.DB.prepare("SELECT conversation_id AS id FROM conversation_addresses WHERE email = ?").bind(email).all();
  return rows.results.map(({ id }) => id);
}

async function placeOf(email: string): Promise<unknown> {
  return env.DB.prepare("SELECT conversation_id AS id FROM places WHERE email = ?").bind(email).first("id");
}

async function untilIndexed(id: string, revision: number): Promise<void> {
  await vi.waitFor(async () => expect((await indexed(id))?.revision).toBe(revision), WAIT);
}

describe.each([
  ["hanging", hang],
  ["failing", fail],
])("everything outside %s", (_, port) => {
  test("[A4] [A12] [O9] messages are stored, acknowledged and seen by the other side", async () => {
    ports.conversation = everyPort(port);
    const { id, stub } = await begin({ open: chatOpenRequest() });
    const visitor = await join(stub, VISITOR);
    const ana = await join(stub, ANA);
    visitor.send({ type: "send", clientId: newId(), text: "Anyone?" });
    ana.send({ type: "send", clientId: newId(), text: "Me!" });
    ana.send({ type: "send", clientId: newId(), text: "And by mail", channel: "email" });
    await settle(visitor);
    await settle(ana);
    expect(seqsOf(ana).sort((a, b) => a - b)).toEqual([1, 2, 3, 4]);
    await stub.setStatus("complete", AUTHOR_ANA);
    expect(await indexed(id)).toBeNull();

    ports.heal();
    await send(await crash(id), { text: "Still there?" });
    await vi.waitFor(async () => expect(await noted("carla@customer.test")).toEqual([id]), WAIT);
    await vi.waitFor(async () => expect((await indexed(id))?.item.lastMessage?.preview).toBe("Still there?"), WAIT);
  });
});

describe("what is owed", () => {
  test("[A4] [O8] a crash before the index is written: the alarm of the same commit writes it", async () => {
    ports.conversation = { saveIndex: hang };
    const { id } = await begin();
    ports.heal();
    expect(await alarmOf(await crash(id))).not.toBeNull();
    await untilIndexed(id, 1);
  });

  test("[A4] [O9] while something hangs the alarm is set for later, not for now again", async () => {
    ports.conversation = { saveIndex: hang };
    const { stub } = await begin();
    await vi.waitFor(() => expect(ports.seen.saved).toHaveLength(1), WAIT);
    await runDurableObjectAlarm(stub);
    expect((await alarmOf(stub)) ?? 0).toBeGreaterThan(Date.now() + 10_000);
    expect(ports.seen.saved).toHaveLength(1);
  });

  test("[A4] failures back off, however much is written meanwhile, and the first success ends that", async () => {
    ports.conversation = { saveIndex: fail };
    const { id, stub } = await begin();
    for (const status of ["complete", "open", "complete", "open"] as const) await stub.setStatus(status, AUTHOR_ANA);
    const tries = ports.seen.saved.length;
    // One for each command, which waits for it.
    expect(tries).toBeGreaterThanOrEqual(4);
    await send(stub);
    await send(stub);
    expect(ports.seen.saved).toHaveLength(tries);
    expect((await alarmOf(stub)) ?? 0).toBeLessThan(Date.now() + 60_000);
    await runDurableObjectAlarm(stub);
    expect((await alarmOf(stub)) ?? 0).toBeGreaterThan(Date.now() + 5_000);
    ports.heal();
    await stub.setStatus("complete", AUTHOR_ANA);
    await untilIndexed(id, 8);
    await send(stub);
    await untilIndexed(id, 9);
  });

  test("[A4] an address that the book does not take does not keep the conversation out of the lists", async () => {
    ports.conversation = { noteAddress: fail };
    const { id } = await begin({ open: chatOpenRequest() });
    await untilIndexed(id, 1);
    expect((await indexed(id))?.item.address).toMatchObject({ email: "carla@customer.test" });
    expect(await noted("carla@customer.test")).toEqual([]);
    ports.heal();
    await vi.waitFor(async () => expect(await noted("carla@customer.test")).toEqual([id]), WAIT);
  });

  test("[A4] nor does a contact that it does not make, or a place that it does not write down", async () => {
    ports.conversation = { resolveContact: fail, notePlace: fail };
    const { id, stub } = await begin();
    await stub.setAddress({ email: "carla@customer.test", name: "Carla" }, AUTHOR_ANA);
    await join(stub, await confirmAddress(stub, "carla@customer.test"));
    await vi.waitFor(async () => expect((await indexed(id))?.item.address?.level).toBe("confirmed"), WAIT);
    expect((await indexed(id))?.item.contact).toBeNull();
    ports.heal();
    await vi.waitFor(async () => expect((await indexed(id))?.item.contact).toMatchObject({ name: "Carla" }), WAIT);
    await vi.waitFor(async () => expect(await placeOf("carla@customer.test")).toBe(id), WAIT);
  });

  test("[A4] an object that does not answer the lists makes no command fail", async () => {
    ports.conversation = { publish: hang };
    const { stub } = await begin();
    expect(await stub.setStatus("complete", AUTHOR_ANA)).toBe(true);
    expect(await stub.item()).toMatchObject({ status: "complete" });
  });

  test("[C9] files that cannot be looked up now are not called unknown", async () => {
    const { stub } = await begin();
    const visitor = await join(stub, VISITOR);
    const frame = { type: "send", clientId: newId(), text: "See this", attachmentIds: [newId()] };
    ports.conversation = { claimAttachments: fail };
    visitor.send(frame);
    expect(await visitor.next("rejected")).toEqual({ type: "rejected", reason: "try_again", clientId: frame.clientId });
    ports.conversation = { claimAttachments: async () => null };
    const from = visitor.frames.length;
    visitor.send(frame);
    expect(await visitor.next("rejected", from)).toMatchObject({ reason: "unknown_attachment" });
    ports.conversation = {
      claimAttachments: async ({ ids }) => ids.map((id) => ({ id, name: "a.png", type: "image/png", size: 3 })),
    };
    visitor.send(frame);
    const sent = await visitor.next("message");
    expect(sent.message.attachments).toHaveLength(1);
    // A repeat of what is stored needs no files.
    ports.conversation = { claimAttachments: fail };
    const again = visitor.frames.length;
    visitor.send(frame);
    expect(await visitor.next("message", again)).toEqual(sent);
  });
});

describe("the index", () => {
  test("[A5] writing it twice changes nothing, and an old write never wins", async () => {
    const { id, stub } = await begin();
    await untilIndexed(id, 1);
    const [old] = ports.seen.saved;
    if (old === undefined) throw new Error("nothing was saved");
    await stub.setStatus("complete", AUTHOR_ANA);
    await untilIndexed(id, 2);
    const newest = await indexed(id);
    const real = conversationPorts(env);
    await real.saveIndex(old);
    expect(await indexed(id)).toEqual(newest);
    const last = ports.seen.saved.at(-1);
    if (last === undefined) throw new Error("nothing was saved");
    await real.saveIndex(last);
    expect(await indexed(id)).toEqual(newest);
  });

  test("[A5] an object that does not know what it has written writes the same again", async () => {
    const { id, stub } = await begin();
    await untilIndexed(id, 1);
    const before = await indexed(id);
    await evictDurableObject(stub);
    await stub.undo(1);
    expect(await sendAnswer(stub, { text: "" })).toMatchObject({ kind: "rejected" });
    await runDurableObjectAlarm(stub);
    expect(await indexed(id)).toEqual(before);
  });

  test("[O8] a burst of 100 messages makes at most 5 writes of the index", async () => {
    const { id, stub } = await begin();
    const visitor = await join(stub, VISITOR);
    for (let index = 0; index < 100; index += 1) visitor.send({ type: "send", clientId: newId(), text: `${index}` });
    await settle(visitor);
    await untilIndexed(id, 101);
    expect(ports.seen.saved.length).toBeLessThanOrEqual(5);
    expect(ports.seen.published.length).toBeLessThanOrEqual(5);
  });
});
