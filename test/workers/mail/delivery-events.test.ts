import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import worker from "../../../worker/index.ts";
import { sendingEvent } from "../../support/sending-events.ts";
import { MAILBOX, freshDeployment } from "../support/deployment.ts";
import { rawMail, receive } from "../support/inbound.ts";
import { takeMail } from "../support/outbound.ts";
import { deliveredAs, listContacts, listThreads, openThread, reply } from "../support/threads.ts";
import { databaseAway } from "../support/faults.ts";

const VERA = "vera@example.test";
const LEO = "leo@example.test";

let key: string;
let id: string;
let seq: number;

/** A thread with one mail of ours to two people, taken by the platform under `sent-1@cloudflare.test`. */
beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
  takeMail();
  await receive(rawMail());
  id = (await listThreads(key, 1))[0]?.id ?? "";
  ({ seq } = await reply(key, id, { cc: [LEO] }));
  await deliveredAs(key, id, { seq, state: "sent" });
});

const event = (type: string, over: Record<string, unknown> = {}) =>
  sendingEvent(type, { messageId: "sent-1@cloudflare.test", sender: MAILBOX, recipient: VERA, ...over });
const hardBounce = () => event("bounced", { bounce: { type: "hard", reason: "550 5.1.1 User unknown" } });

async function deliver(bodies: unknown[], { attempts = 1, bindings = {} } = {}) {
  const messages = bodies.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts, body }));
  const batch = createMessageBatch("hilo-mail-events", messages);
  const ctx = createExecutionContext();
  await worker.queue(batch, { ...env, ...bindings });
  const { explicitAcks, retryMessages } = await getQueueResult(batch, ctx);
  return { acks: explicitAcks, retries: retryMessages.map(({ msgId }) => msgId) };
}

const deliveryNow = async () => (await openThread(key, id)).messages.find((message) => message.seq === seq)?.delivery;

describe("delivery events of the platform", () => {
  test("a hard bounce names the address on the message and marks it; again it changes nothing", async () => {
    expect(await deliver([hardBounce()])).toEqual({ acks: ["m0"], retries: [] });
    const reason = "The mail came back. The other server said: 550 5.1.1 User unknown";
    const expected = { state: "sent", to: [LEO], refused: [{ address: VERA, reason }] };
    expect(await deliveryNow()).toEqual(expected);
    expect(await listContacts(key)).toMatchObject([{ addresses: [{ email: VERA, isUndeliverable: true }] }]);
    const { conversation } = await openThread(key, id);
    expect(await deliver([hardBounce(), hardBounce()])).toEqual({ acks: ["m0", "m1"], retries: [] });
    expect(await deliveryNow()).toEqual(expected);
    expect((await openThread(key, id)).conversation.revision).toBe(conversation.revision);
  });

  test("delivered: said of each; a delay that comes too late is no news", async () => {
    await deliver([event("deferred", { recipient: LEO }), event("delivered", { recipient: LEO }), event("delivered")]);
    expect(await deliveryNow()).toEqual({ state: "sent", to: [VERA, LEO], deliveredTo: [LEO, VERA] });
    await deliver([event("deferred", { recipient: LEO })]);
    expect(await deliveryNow()).toEqual({ state: "sent", to: [VERA, LEO], deliveredTo: [LEO, VERA] });
  });

  test("a complaint stops mail to its address, and no later delivery takes that back", async () => {
    await deliver([event("complained"), event("delivered")]);
    expect(await listContacts(key)).toMatchObject([{ addresses: [{ email: VERA, isUndeliverable: true }] }]);
    const next = await reply(key, id);
    expect(await deliveredAs(key, id, { seq: next.seq, state: "failed" })).toMatchObject({
      reason: "This person reported an earlier mail as spam. Send it again only if they asked for it.",
    });
  });

  test("an event that is quicker than the note of the mail's id comes again, three times", async () => {
    const early = event("bounced", { messageId: "not-yet@cloudflare.test" });
    expect(await deliver([early])).toEqual({ acks: [], retries: ["m0"] });
    expect(await deliver([early], { attempts: 3 })).toEqual({ acks: ["m0"], retries: [] });
  });

  test("what is not known is taken, whatever it is; mail of others on the domain too", async () => {
    const others = event("delivered", { sender: "newsletter@acme.test" });
    const bodies = [null, "text", { type: "cf.r2.bucket.created" }, event("opened"), others];
    expect(await deliver(bodies)).toEqual({ acks: ["m0", "m1", "m2", "m3", "m4"], retries: [] });
    expect(await deliveryNow()).toEqual({ state: "sent", to: [VERA, LEO] });
  });

  test("[A5] with the database away it comes again, and does not stop the others of its batch", async () => {
    expect(await deliver([hardBounce(), null], { bindings: { DB: databaseAway() } })).toEqual({ acks: ["m1"], retries: ["m0"] });
    expect(await deliver([hardBounce()], { attempts: 2 })).toEqual({ acks: ["m0"], retries: [] });
    expect(await deliveryNow()).toMatchObject({ refused: [{ address: VERA }] });
  });
});
