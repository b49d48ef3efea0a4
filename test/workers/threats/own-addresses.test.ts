/** A visitor, or an agent who types for one, cannot give an address of ours: mail to it would come back as theirs. */
import { beforeEach, describe, expect, test } from "vitest";
import { contactSchema } from "../../../worker/domain/api-shapes.ts";
import { MAILBOX, freshDeployment, newId } from "../support/deployment.ts";
import { databaseAway } from "../support/faults.ts";
import { SITE, call, read, refused } from "../support/http.ts";
import { count } from "../support/threads.ts";
import { beginChat } from "../support/visitor.ts";

const OURS = [MAILBOX, "Hello+ana@Acme.test", "postmaster@acme.test", "hello@\uff41cme.test", "hello+x@acme.te\u02e2t"];
const REFUSED = [409, "own_address"] as [number, string];
let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

describe("[T2] [T14] an address of our own", () => {
  test.each(OURS)("%s is taken at no door", async (email) => {
    const { token, conversationId: id } = await beginChat();
    const { id: contactId } = await read(contactSchema, { key }, "POST /api/contacts", { body: { name: "Ana" }, status: 201 });
    const begin = { clientId: newId(), text: "Hello", contact: { email } };
    await refused(null, "POST /widget/conversations", REFUSED, { body: begin, headers: { origin: SITE } });
    await refused({ token }, "POST /widget/contact", REFUSED, { body: { email } });
    await refused({ key }, `PUT /api/conversations/${id}/contact`, REFUSED, { body: { email } });
    await refused({ key }, "POST /api/contacts", REFUSED, { body: { email } });
    await refused({ key }, `PATCH /api/contacts/${contactId}`, REFUSED, { body: { email } });
    const start = { clientId: newId(), to: { email }, subject: "x", text: "x" };
    const problem = await refused({ key }, "POST /api/conversations", REFUSED, { body: start });
    expect(problem.detail).toBe("This is an address of ours. Give the one where the person can be reached.");
    expect(await count("contact_addresses")).toBe(0);
  });

  test("in other letters it is in no copy either", async () => {
    const { conversationId: id } = await beginChat({ contact: { email: "vera@example.test" } });
    const body = { clientId: newId(), channel: "email", text: "x", cc: ["hello@\uff41cme.test"] };
    const problem = await refused({ key }, `POST /api/conversations/${id}/messages`, [422, "bad_copies"], { body });
    expect(problem.detail).toContain(`${MAILBOX} is a mailbox of this inbox`);
  });

  test("is not looked for while the database is away: a chat goes on without it", async () => {
    const { token } = await beginChat();
    const answer = await call({ token }, "POST /widget/contact", {
      body: { email: "vera@example.test" },
      bindings: { DB: databaseAway() },
    });
    expect(answer.status).toBe(204);
  });
});

describe("[T15] no door takes what the post does not", () => {
  test.each(["ana..b@example.com", "jos\u00e9@example.com", "a@1.2.3.4"])("%s", async (email) => {
    const { token, conversationId: id } = await beginChat();
    const invalid = [422, "invalid"] as [number, string];
    await refused({ token }, "POST /widget/contact", invalid, { body: { email } });
    await refused({ key }, `PUT /api/conversations/${id}/contact`, invalid, { body: { email } });
    await refused({ key }, "POST /api/contacts", invalid, { body: { email } });
    const copies = { clientId: newId(), channel: "email", text: "x", cc: [email] };
    await refused({ key }, `POST /api/conversations/${id}/messages`, invalid, { body: copies });
  });
});
