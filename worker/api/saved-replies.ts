/** Saved replies and their categories. */
import { Hono } from "hono";
import {
  deleteCategory,
  deleteSavedReply,
  findCategory,
  findSavedReply,
  insertCategory,
  insertSavedReply,
  listCategories,
  listSavedReplies,
  renameCategory,
  updateSavedReply,
} from "../db/saved-replies.ts";
import {
  pageOf,
  savedReplyCategoryBodySchema,
  savedReplyCategorySchema,
  savedReplyCreateSchema,
  savedReplyPatchSchema,
  savedReplySchema,
  pageQuerySchema,
} from "../domain/api-shapes.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBody, readId, readQuery } from "./input.ts";
import { newId } from "./new-id.ts";
import { pageOfAll } from "./page-of-all.ts";
import { AppError } from "./problems.ts";

export const savedRepliesApi = new Hono<AppEnv>()
  .get("/", describe({ summary: "All saved replies", query: pageQuerySchema, response: pageOf(savedReplySchema) }), async (c) =>
    c.json(pageOfAll(await listSavedReplies(c.get("db")), readQuery(c, pageQuerySchema))),
  )
  .post(
    "/",
    describe({ summary: "Add a saved reply", body: savedReplyCreateSchema, response: savedReplySchema, status: 201 }),
    async (c) => {
      const body = await readBody(c, savedReplyCreateSchema);
      await assertCategory(c, body.categoryId);
      const reply = { id: newId(), ...body };
      await insertSavedReply(c.get("db"), reply, Date.now());
      return c.json(reply, 201);
    },
  )
  .get("/:id", describe({ summary: "A saved reply", response: savedReplySchema }), async (c) => c.json(await replyOf(c)))
  .patch(
    "/:id",
    describe({ summary: "Change a saved reply", body: savedReplyPatchSchema, response: savedReplySchema }),
    async (c) => {
      const body = await readBody(c, savedReplyPatchSchema);
      const before = await replyOf(c);
      const reply = {
        id: before.id,
        categoryId: body.categoryId === undefined ? before.categoryId : body.categoryId,
        title: body.title ?? before.title,
        text: body.text ?? before.text,
      };
      await assertCategory(c, reply.categoryId);
      await updateSavedReply(c.get("db"), reply, Date.now());
      return c.json(reply);
    },
  )
  .delete("/:id", describe({ summary: "Delete a saved reply", status: 204 }), async (c) => {
    if (!(await deleteSavedReply(c.get("db"), readId(c, "id")))) throw new AppError("not_found", "There is no such saved reply.");
    return c.body(null, 204);
  });

export const savedReplyCategoriesApi = new Hono<AppEnv>()
  .get(
    "/",
    describe({ summary: "All categories", query: pageQuerySchema, response: pageOf(savedReplyCategorySchema) }),
    async (c) => c.json(pageOfAll(await listCategories(c.get("db")), readQuery(c, pageQuerySchema))),
  )
  .post(
    "/",
    describe({ summary: "Add a category", body: savedReplyCategoryBodySchema, response: savedReplyCategorySchema, status: 201 }),
    async (c) => {
      const category = { id: newId(), ...(await readBody(c, savedReplyCategoryBodySchema)) };
      await insertCategory(c.get("db"), category, Date.now());
      return c.json(category, 201);
    },
  )
  .patch(
    "/:id",
    describe({ summary: "Rename a category", body: savedReplyCategoryBodySchema, response: savedReplyCategorySchema }),
    async (c) => {
      const category = { id: readId(c, "id"), ...(await readBody(c, savedReplyCategoryBodySchema)) };
      if (!(await renameCategory(c.get("db"), category))) throw new AppError("not_found", "There is no such category.");
      return c.json(category);
    },
  )
  .delete("/:id", describe({ summary: "Delete a category; its replies stay without one", status: 204 }), async (c) => {
    if (!(await deleteCategory(c.get("db"), readId(c, "id")))) throw new AppError("not_found", "There is no such category.");
    return c.body(null, 204);
  });

async function replyOf(c: AppContext) {
  const reply = await findSavedReply(c.get("db"), readId(c, "id"));
  if (reply === null) throw new AppError("not_found", "There is no such saved reply.");
  return reply;
}

async function assertCategory(c: AppContext, id: string | null): Promise<void> {
  if (id !== null && (await findCategory(c.get("db"), id)) === null)
    throw new AppError("invalid", "categoryId: there is no such category");
}
