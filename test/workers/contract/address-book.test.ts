import { beforeEach, describe, expect, test, vi } from "vitest";
import * as v from "valibot";
import { contactSchema, conversationPageSchema, pageOf } from "../../../worker/domain/api-shapes.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { call, read, refused, statusesOf } from "../support/http.ts";
import { WAIT } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

const create = async (body: unknown) => read(contactSchema, { key }, "POST /api/contacts", { body, status: 201 });
const pageSchema = pageOf(contactSchema);

describe("contacts", () => {
  test("are made, read and changed", async () => {
    const made = await create({ email: "Vera@Example.test", name: " Vera ", attributes: { plan: "pro" } });
    expect(made).toEqual({
      id: made.id,
      name: "Vera",
      email: "vera@example.test",
      addresses: [{ email: "vera@example.test", isProven: true, isUndeliverable: false }],
      isBlocked: false,
      attributes: { plan: "pro" },
      createdAt: made.createdAt,
    });
    expect(await read(contactSchema, { key }, `GET /api/contacts/${made.id}`)).toEqual(made);
    const changed = await read(contactSchema, { key }, `PATCH /api/contacts/${made.id}`, {
      body: { name: null, email: "vera@new.test", attributes: {} },
    });
    expect(changed).toEqual({
      ...made,
      name: null,
      email: "vera@new.test",
      attributes: {},
      addresses: [...made.addresses, { email: "vera@new.test", isProven: true, isUndeliverable: false }],
    });
    expect(await create({ name: "Only a name" })).toMatchObject({ name: "Only a name", email: null, addresses: [] });
  });

  test("an address has one owner: 409 for another, also of two at the same instant", async () => {
    const vera = await create({ email: "vera@example.test" });
    const nora = await create({ email: "nora@example.test" });
    await refused({ key }, "POST /api/contacts", [409, "taken"], { body: { email: "VERA@example.test" } });
    await refused({ key }, `PATCH /api/contacts/${nora.id}`, [409, "taken"], { body: { email: "vera@example.test" } });
    expect((await read(contactSchema, { key }, `GET /api/contacts/${nora.id}`)).email).toBe("nora@example.test");
    // Giving the address that one has is no conflict.
    expect((await call({ key }, `PATCH /api/contacts/${vera.id}`, { body: { email: "vera@example.test" } })).status).toBe(200);
    const both = await Promise.all(
      [0, 1].map(() => call({ key }, "POST /api/contacts", { body: { email: "twice@example.test" } })),
    );
    expect(statusesOf(both)).toEqual([201, 409]);
    expect((await read(pageSchema, { key }, "GET /api/contacts")).items).toHaveLength(3);
  });

  test("422 for neither address nor name and for what is none, 404 for nobody", async () => {
    for (const body of [{}, { email: "x" }, { name: "" }, { attributes: { a: 1 } }, { name: "n", attributes: { "": "x" } }])
      await refused({ key }, "POST /api/contacts", [422, "invalid"], { body });
    await refused({ key }, `GET /api/contacts/${newId()}`, [404, "not_found"]);
    await refused({ key }, `PATCH /api/contacts/${newId()}`, [404, "not_found"], { body: { name: "x" } });
    await refused({ key }, "GET /api/contacts/1", [404, "not_found"]);
  });

  test("are listed in pages, and found by the beginning of a name or address", async () => {
    for (const name of ["Alba", "Albert", "Berta", "Carl", "Cara"])
      await create({ name, email: `${name.toLowerCase()}@${name === "Carl" ? "albion" : "x"}.test` });
    const names = async (query: string) => {
      const page = await read(pageSchema, { key }, `GET /api/contacts?${query}`);
      return { names: page.items.map(({ name }) => name), nextCursor: page.nextCursor };
    };
    const first = await names("limit=2");
    expect(first.names).toEqual(["Alba", "Albert"]);
    const second = await names(`limit=2&cursor=${first.nextCursor}`);
    expect(second.names).toEqual(["Berta", "Carl"]);
    expect(await names(`limit=2&cursor=${second.nextCursor}`)).toEqual({ names: ["Cara"], nextCursor: null });
    expect((await names("q=Al")).names).toEqual(["Alba", "Albert"]);
    expect((await names("q=CARL@")).names).toEqual(["Carl"]);
    expect((await names("q=zz")).names).toEqual([]);
    // However it is written.
    expect((await names("q=aL")).names).toEqual(["Alba", "Albert"]);
    await create({ name: "Ángela Peña" });
    for (const q of ["angela", "ÁNGELA P", "Angela pen"])
      expect((await names(`q=${encodeURIComponent(q)}`)).names).toEqual(["Ángela Peña"]);
    await refused({ key }, "GET /api/contacts?cursor=zzz", [422, "invalid"]);
    expect((await names("q=Al&limit=1")).names).toEqual(["Alba"]);
    await refused({ key }, "GET /api/contacts?limit=0", [422, "invalid"]);
    await refused({ key }, `GET /api/contacts?q=${"x".repeat(101)}`, [422, "invalid"]);
  });

  test("a changed name is shown in the contact's conversations", async () => {
    const { conversationId } = await beginChat();
    await call({ key }, `PUT /api/conversations/${conversationId}/contact`, { body: { email: "vera@example.test" } });
    const open = async () => read(conversationPageSchema, { key }, `GET /api/conversations/${conversationId}`);
    const id = await vi.waitFor(async () => v.parse(v.string(), (await open()).contact?.id), WAIT);
    await vi.waitFor(async () => {
      expect((await call({ key }, `GET /api/conversations?contact=${id}`)).body).toMatchObject({
        items: [{ id: conversationId }],
      });
    }, WAIT);
    await read(contactSchema, { key }, `PATCH /api/contacts/${id}`, { body: { name: "Vera Velvet" } });
    await vi.waitFor(
      async () => expect((await open()).contact).toEqual({ id, name: "Vera Velvet", email: "vera@example.test" }),
      WAIT,
    );
  });

  test("[T4] a conversation by another address of theirs keeps it; one by the address that is put right follows", async () => {
    const { id } = await create({ email: "vera@example.test" });
    await read(contactSchema, { key }, `PATCH /api/contacts/${id}`, { body: { email: "vera@home.test" } });
    const begin = async (email: string) => {
      const { conversationId } = await beginChat();
      await call({ key }, `PUT /api/conversations/${conversationId}/contact`, { body: { email } });
      await vi.waitFor(async () => {
        const { body } = await call({ key }, `GET /api/conversations?contact=${id}`);
        expect(JSON.stringify(body)).toContain(conversationId);
      }, WAIT);
      return conversationId;
    };
    const [work, home] = [await begin("vera@example.test"), await begin("vera@home.test")];
    const known = async () => {
      const pages = [work, home].map((one) => read(conversationPageSchema, { key }, `GET /api/conversations/${one}`));
      return (await Promise.all(pages)).map(({ conversation }) => [conversation.contact?.name, conversation.address?.email]);
    };
    await read(contactSchema, { key }, `PATCH /api/contacts/${id}`, { body: { name: "Vera" } });
    const before = [
      ["Vera", "vera@example.test"],
      ["Vera", "vera@home.test"],
    ];
    await vi.waitFor(async () => expect(await known()).toEqual(before), WAIT);
    await read(contactSchema, { key }, `PATCH /api/contacts/${id}`, { body: { email: "vera@new.test" } });
    const after = [
      ["Vera", "vera@example.test"],
      ["Vera", "vera@new.test"],
    ];
    await vi.waitFor(async () => expect(await known()).toEqual(after), WAIT);
  });
});
