import { beforeEach, describe, expect, test } from "vitest";
import { addAgent, freshDeployment } from "../support/deployment.ts";
import { call, refused } from "../support/http.ts";
import { ledger, rawMail, receive } from "../support/inbound.ts";
import { takeMail, type Outbound } from "../support/outbound.ts";
import { bounceMail, reportMail } from "../support/reports.ts";
import { deliveredAs, listContacts, listThreads, openThread, reply } from "../support/threads.ts";

let key: string;
let outbound: Outbound;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
  outbound = takeMail();
});

/** A thread by mail with one reply of ours that has left. */
async function mailed() {
  await receive(rawMail({ text: "first" }));
  const [thread] = await listThreads(key, 1);
  const id = thread?.id ?? "";
  const { seq } = await reply(key, id);
  await deliveredAs(key, id, { seq, state: "sent" });
  return { id, seq, replyTo: outbound.mails[0]?.replyTo ?? "" };
}

const bounce = async (raw: string, to?: string) => {
  expect(await receive(raw, { from: "", ...(to === undefined ? {} : { to }) })).toBeNull();
  return (await ledger(key))[0];
};

describe("[M5] a bounce", () => {
  test("[E32] turns the message failed in plain words and marks the address; it reopens nothing and is nobody's contact", async () => {
    const { id, seq } = await mailed();
    await call({ key }, `POST /api/conversations/${id}/complete`);
    const row = await bounce(
      bounceMail({ status: "5.1.1", action: "failed", original: ["Message-ID: <sent-1@cloudflare.test>"] }),
    );
    expect(row).toMatchObject({ state: "applied", verdict: "bounce", conversationId: id });
    expect(await deliveredAs(key, id, { seq, state: "failed" })).toEqual({
      state: "failed",
      reason: "This address does not exist. It said: 5.1.1 No such user",
      to: ["vera@example.test"],
    });
    const { conversation, messages } = await openThread(key, id);
    expect([conversation.status, conversation.unread, messages.length]).toEqual(["complete", false, 2]);
    expect(await listContacts(key)).toMatchObject([{ addresses: [{ email: "vera@example.test", isUndeliverable: true }] }]);
    await listThreads(key, 1);
  });

  test("is matched by the token in the mail's reply address where the id is not known", async () => {
    const { id, seq, replyTo } = await mailed();
    await bounce(
      bounceMail({ status: "5.2.1", action: "failed", original: ["Message-ID: <unknown@x>", `Reply-To: ${replyTo}`] }),
    );
    await deliveredAs(key, id, { seq, state: "failed" });
  });

  test("is matched by the signed address that it was sent to", async () => {
    const { id, seq, replyTo } = await mailed();
    await bounce(bounceMail({ status: "5.2.1", action: "failed", original: ["Subject: x"] }), replyTo);
    await deliveredAs(key, id, { seq, state: "failed" });
  });

  test("that is only a delay says so and fails nothing", async () => {
    const { id, seq } = await mailed();
    const original = ["Message-ID: <sent-1@cloudflare.test>"];
    await bounce(bounceMail({ status: "4.4.1", action: "delayed", diagnostic: "smtp; 421 try later", original }));
    expect(await deliveredAs(key, id, { seq, state: "sent" })).toMatchObject({
      reason: "The mail server can't take this mail now. It said: 4.4.1 try later",
    });
    expect(await listContacts(key)).toMatchObject([{ addresses: [{ isUndeliverable: false }] }]);
  });

  test("an agent lets mail be sent to the address again, a viewer may not", async () => {
    await mailed();
    await bounce(bounceMail({ status: "5.1.1", action: "failed", original: ["Message-ID: <sent-1@cloudflare.test>"] }));
    const clear = "DELETE /api/undeliverable-addresses/VERA%40example.test";
    const viewer = await addAgent("viewer");
    await refused({ key: viewer.key }, clear, [403, "not_allowed"]);
    expect(await listContacts(key)).toMatchObject([{ addresses: [{ isUndeliverable: true }] }]);
    expect((await call({ key }, clear)).status).toBe(204);
    expect(await listContacts(key)).toMatchObject([{ addresses: [{ isUndeliverable: false }] }]);
  });

  test("[M6] of a mail that is not known is kept aside", async () => {
    const row = await bounce(bounceMail({ status: "5.1.1", action: "failed", original: ["Message-ID: <nobody@x>"] }));
    expect(row).toMatchObject({ state: "filtered", verdict: "filtered:bounce", conversationId: null });
    await listThreads(key, 0);
    expect(await listContacts(key)).toEqual([]);
  });
});

describe("[M4] a report that has our mail attached", () => {
  test("is about that mail: a complaint by its Message-ID, or by our token in its Reply-To", async () => {
    const { id, replyTo } = await mailed();
    const type = "feedback-report";
    const original = ["Message-ID: <unknown@relay.test>", `Reply-To: <${replyTo}>`];
    const row = await bounce(
      reportMail({ from: "fbl@isp.test", type, fields: ["Feedback-Type: abuse"], original, isAutomatic: false }),
    );
    expect(row).toMatchObject({ state: "applied", verdict: "event", conversationId: id });
    expect(await listContacts(key)).toMatchObject([{ addresses: [{ email: "vera@example.test", isUndeliverable: true }] }]);
  });

  test("a receipt says on the message that it was opened, once; that it was deleted says nothing", async () => {
    const { id, seq } = await mailed();
    const type = "disposition-notification";
    const receipt = (disposition: string) =>
      reportMail({
        from: "Vera <vera@example.test>",
        isAutomatic: false,
        type,
        fields: ["Original-Message-ID: <sent-1@cloudflare.test>", `Disposition: manual-action/MDN-sent-manually; ${disposition}`],
        original: ["Message-ID: <sent-1@cloudflare.test>"],
      });
    const delivery = async () => (await openThread(key, id)).messages.find((message) => message.seq === seq)?.delivery;
    await bounce(receipt("deleted"));
    expect(await delivery()).not.toHaveProperty("openedAt");
    expect(await bounce(receipt("displayed"))).toMatchObject({ state: "applied", verdict: "event", conversationId: id });
    const opened = await delivery();
    expect(opened).toMatchObject({ state: "sent", openedAt: expect.any(Number) });
    await bounce(`X-Again: 1\r\n${receipt("displayed")}`);
    expect(await delivery()).toEqual(opened);
    expect((await openThread(key, id)).messages).toHaveLength(2);
  });
});

describe("[M4] a complaint", () => {
  test("stops mail to the address that we wrote to, and only that one", async () => {
    const { id } = await mailed();
    const complaint = rawMail({
      from: "feedback@isp.test",
      subject: "Abuse report",
      headers: [
        'Content-Type: multipart/report; report-type=feedback-report; boundary="r"',
        "MIME-Version: 1.0",
        "References: <sent-1@cloudflare.test>",
      ],
      text: [
        "--r",
        "Content-Type: text/plain",
        "",
        "spam",
        "--r",
        "Content-Type: message/feedback-report",
        "",
        "Feedback-Type: abuse",
        "--r--",
      ].join("\r\n"),
    });
    expect(await bounce(complaint)).toMatchObject({ state: "applied", verdict: "event", conversationId: id });
    expect(await listContacts(key)).toMatchObject([{ addresses: [{ email: "vera@example.test", isUndeliverable: true }] }]);
    expect((await openThread(key, id)).messages).toHaveLength(2);
  });
});
