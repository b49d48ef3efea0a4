import { beforeEach, expect, test } from "vitest";
import { pageOf, savedReplyCategorySchema, savedReplySchema } from "../../../worker/domain/api-shapes.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { call, read, refused } from "../support/http.ts";

let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

const category = async (name: string) =>
  read(savedReplyCategorySchema, { key }, "POST /api/saved-reply-categories", { body: { name }, status: 201 });
const reply = async (body: unknown) => read(savedReplySchema, { key }, "POST /api/saved-replies", { body, status: 201 });
const replies = async () => (await read(pageOf(savedReplySchema), { key }, "GET /api/saved-replies")).items;

test("[S3] saved replies are made, listed by title, read, changed and deleted", async () => {
  const shipping = await category("Shipping");
  const second = await reply({ title: "Where is it", text: "On its way, {{name}}.\n", categoryId: shipping.id });
  expect(second).toEqual({ id: second.id, categoryId: shipping.id, title: "Where is it", text: "On its way, {{name}}.\n" });
  const first = await reply({ title: "Thanks", text: "Thank you!" });
  expect(first.categoryId).toBeNull();
  expect(await replies()).toEqual([first, second]);
  expect(await read(savedReplySchema, { key }, `GET /api/saved-replies/${second.id}`)).toEqual(second);
  const patch = async (body: unknown) => read(savedReplySchema, { key }, `PATCH /api/saved-replies/${second.id}`, { body });
  expect(await patch({ text: "Today." })).toEqual({ ...second, text: "Today." });
  expect(await patch({ categoryId: null, title: "Tracking" })).toEqual({
    id: second.id,
    categoryId: null,
    title: "Tracking",
    text: "Today.",
  });
  expect(await patch({})).toEqual({ id: second.id, categoryId: null, title: "Tracking", text: "Today." });
  const gone = await call({ key }, `DELETE /api/saved-replies/${first.id}`);
  expect([gone.status, gone.body]).toEqual([204, null]);
  expect((await replies()).map(({ id }) => id)).toEqual([second.id]);
  for (const method of ["GET", "DELETE", "PATCH"])
    await refused(
      { key },
      `${method} /api/saved-replies/${first.id}`,
      [404, "not_found"],
      method === "PATCH" ? { body: {} } : {},
    );
});

test("[S3] a category that goes leaves its replies without one", async () => {
  const sales = await category("Sales");
  const billing = await category("Billing");
  const list = async () => (await read(pageOf(savedReplyCategorySchema), { key }, "GET /api/saved-reply-categories")).items;
  expect(await list()).toEqual([billing, sales]);
  const made = await reply({ title: "Offer", text: "An offer", categoryId: sales.id });
  expect(
    await read(savedReplyCategorySchema, { key }, `PATCH /api/saved-reply-categories/${sales.id}`, { body: { name: "Deals" } }),
  ).toEqual({ id: sales.id, name: "Deals" });
  expect((await call({ key }, `DELETE /api/saved-reply-categories/${sales.id}`)).status).toBe(204);
  expect(await replies()).toEqual([{ ...made, categoryId: null }]);
  expect(await list()).toEqual([billing]);
  await refused({ key }, `DELETE /api/saved-reply-categories/${sales.id}`, [404, "not_found"]);
  await refused({ key }, `PATCH /api/saved-reply-categories/${sales.id}`, [404, "not_found"], { body: { name: "x" } });
});

test("422 for empty ones and for a category that is not there", async () => {
  for (const body of [{}, { title: "", text: "x" }, { title: "x", text: " " }, { title: "x", text: "x", categoryId: newId() }])
    await refused({ key }, "POST /api/saved-replies", [422, "invalid"], { body });
  await refused({ key }, "POST /api/saved-reply-categories", [422, "invalid"], { body: { name: " " } });
  const { id } = await reply({ title: "x", text: "x" });
  await refused({ key }, `PATCH /api/saved-replies/${id}`, [422, "invalid"], { body: { categoryId: newId() } });
});

test("lists that are read whole have pages as well", async () => {
  for (const path of ["saved-replies", "saved-reply-categories", "mailboxes", "agents", "api-keys"]) {
    await refused({ key }, `GET /api/${path}?limit=101`, [422, "invalid"]);
    await refused({ key }, `GET /api/${path}?cursor=zzz`, [422, "invalid"]);
  }
  const schema = pageOf(savedReplySchema);
  for (const title of ["a", "b", "c"]) await call({ key }, "POST /api/saved-replies", { body: { title, text: title } });
  const all = await read(schema, { key }, "GET /api/saved-replies");
  const first = await read(schema, { key }, "GET /api/saved-replies?limit=2");
  expect(first).toEqual({ items: all.items.slice(0, 2), nextCursor: all.items[1]?.id });
  expect(await read(schema, { key }, `GET /api/saved-replies?limit=2&cursor=${first.nextCursor}`)).toEqual({
    items: all.items.slice(2),
    nextCursor: null,
  });
});
