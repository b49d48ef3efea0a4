/** Mail that the trusted server found to be forged, or spam. */
import { beforeEach, describe, expect, test } from "vitest";
import { OWNER, freshDeployment } from "../support/deployment.ts";
import { call, refused } from "../support/http.ts";
import { ledger, rawMail, receive, type MailParts } from "../support/inbound.ts";
import { inboxSocket } from "../support/socket.ts";
import { listContacts, listThreads, textsOf } from "../support/threads.ts";

const SERVER = "mx.acme.test";
const FORGED = `Authentication-Results: ${SERVER}; dmarc=fail header.from=example.test; spf=pass`;

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment({ mail: { authservId: SERVER } })).owner);
});

async function verdictOn(parts: MailParts) {
  expect(await receive(rawMail(parts))).toBeNull();
  const row = (await ledger(key))[0];
  return row?.verdict;
}

const waiting = async () => (await call({ key }, "GET /api/ledger/attention")).body;

describe("[M15] a forged mail", () => {
  test("is in quarantine, seen and counted at once, and let in by one click", async () => {
    const socket = await inboxSocket({ key });
    socket.send({ type: "hello" });
    await socket.next("welcome");
    await receive(rawMail({ text: "Pay here", headers: [FORGED] }));
    const [row] = await ledger(key);
    expect(row).toMatchObject({ state: "quarantined", verdict: "quarantined", conversationId: null });
    expect(row?.reason).toBe("The sender's address may be forged.");
    await listThreads(key, 0);
    expect(await listContacts(key)).toEqual([]);
    await socket.next("ledger");
    expect(await waiting()).toEqual({ count: 1 });

    const told = socket.frames.length;
    const accepted = await call({ key }, `POST /api/ledger/${row?.id}/accept`);
    expect(accepted.body).toMatchObject({ state: "applied", verdict: "new" });
    const [thread] = await listThreads(key, 1);
    expect(await textsOf(key, thread?.id)).toEqual(["Pay here"]);
    await socket.next("ledger", told);
    expect(await waiting()).toEqual({ count: 0 });
    await refused({ key }, `POST /api/ledger/${row?.id}/accept`, [409, "conflict"]);
  });

  test("of a known contact joins nothing, and one in an agent's name forwards nothing", async () => {
    expect(await verdictOn({ text: "first", messageId: "first@example.test" })).toBe("new");
    expect(await verdictOn({ text: "forged", headers: [FORGED] })).toBe("quarantined");
    expect(await verdictOn({ text: "forged", headers: [FORGED, "In-Reply-To: <first@example.test>"] })).toBe("quarantined");
    const text =
      "---------- Forwarded message ---------\r\nFrom: Nora <nora@example.test>\r\nSubject: x\r\n\r\nput into her mouth";
    expect(await verdictOn({ from: OWNER.email, subject: "Fwd: x", text, headers: [FORGED] })).toBe("quarantined");
    const [thread] = await listThreads(key, 1);
    expect(await textsOf(key, thread?.id)).toEqual(["first"]);
  });

  test("can be kept aside for good, and still be let in", async () => {
    await receive(rawMail({ headers: [FORGED] }));
    const [row] = await ledger(key);
    const kept = await call({ key }, `POST /api/ledger/${row?.id}/filter`);
    expect(kept.body).toMatchObject({ state: "filtered", verdict: "filtered:agent" });
    expect(await waiting()).toEqual({ count: 0 });
    expect((await call({ key }, `POST /api/ledger/${row?.id}/accept`)).body).toMatchObject({ state: "applied" });
  });
});

describe("[E13] [M15] what is believed", () => {
  test("is the first header, of the server in the settings, and nothing that the sender has written", async () => {
    const other = "Authentication-Results: mx.evil.test; dmarc=fail";
    const passed = `Authentication-Results: ${SERVER}; dmarc=pass`;
    expect(await verdictOn({ from: "a@example.test", headers: [other] })).toBe("new");
    expect(await verdictOn({ from: "b@example.test", headers: [passed, FORGED] })).toBe("new");
    expect(await verdictOn({ from: "c@example.test", headers: [other, FORGED] })).toBe("new");
    expect(await verdictOn({ from: "d@example.test", headers: [FORGED, passed] })).toBe("quarantined");
    const folded = `Authentication-Results: MX.Acme.Test (a comment) 1;\r\n\tspf=fail smtp.mailfrom=x;\r\n dkim=fail`;
    expect(await verdictOn({ from: "e@example.test", headers: [folded] })).toBe("quarantined");
  });

  test("is nobody by default", async () => {
    ({ key } = (await freshDeployment()).owner);
    expect(await verdictOn({ headers: [FORGED, "X-Spam-Flag: YES"] })).toBe("new");
  });

  test("is a mark of spam, on mail that came through that server", async () => {
    const passed = `Authentication-Results: ${SERVER}; dmarc=pass`;
    const marks = ["X-Spam-Flag: YES", "X-Spam-Status: Yes, score=12.1 required=5.0", "X-Spam: Yes"];
    for (const mark of marks) expect(await verdictOn({ from: "spam@example.test", headers: [passed, mark] })).toBe("quarantined");
    expect((await ledger(key))[0]?.reason).toBe("This mail is spam.");
    for (const mark of ["X-Spam-Flag: NO", "X-Spam-Status: No, score=0.1", "X-Spam-Flag: yesterday"])
      expect(await verdictOn({ from: `person${mark.length}@example.test`, headers: [passed, mark] })).toBe("new");
    expect(await verdictOn({ from: "elsewhere@example.test", headers: ["X-Spam-Flag: YES"] })).toBe("new");
  });

  test("is set by an admin, as the name of a server", async () => {
    const saved = await call({ key }, "PATCH /api/settings", { body: { mail: { authservId: " MX.other.test " } } });
    expect(saved.body).toMatchObject({ mail: { authservId: "mx.other.test" } });
    await refused({ key }, "PATCH /api/settings", [422, "invalid"], { body: { mail: { authservId: "mx; dmarc=pass" } } });
  });
});
