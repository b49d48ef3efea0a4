/** Composes the API of agents. Permissions: `worker/auth/permissions.ts`. */
import { Hono } from "hono";
import * as v from "valibot";
import { authFor, authorise } from "../auth/principal.ts";
import { attachmentCreatedSchema, meSchema } from "../domain/api-shapes.ts";
import { inboundMailApp } from "../email/inbound.ts";
import { hasRateLimits } from "../env.ts";
import { agentsApi, apiKeysApi } from "./agents.ts";
import { contactsApi, undeliverableApi } from "./contacts.ts";
import { clientKey, type AppContext, type AppEnv } from "./context.ts";
import { conversationsApi } from "./conversations.ts";
import { describe } from "./describe.ts";
import { filesApp, storeUpload } from "./files.ts";
import { healthApi } from "./health.ts";
import { ledgerApi } from "./ledger.ts";
import { pictureLinksApi, picturesApp } from "./pictures.ts";
import { AppError, onError } from "./problems.ts";
import { projectionsApi } from "./projections.ts";
import { savedRepliesApi, savedReplyCategoriesApi } from "./saved-replies.ts";
import { mailboxesApi, settingsApi } from "./settings.ts";
import { securityTxtApp } from "./security-txt.ts";
import { setupApi } from "./setup.ts";
import { socketsApi } from "./sockets.ts";
import { widgetApp } from "./widget.ts";

/** Of the text of a sign-in request. */
const SIGN_IN_LENGTH_MAX = 4_096;
const signInSchema = v.pipe(v.string(), v.maxLength(SIGN_IN_LENGTH_MAX), v.parseJson(), v.object({ email: v.string() }));

const routes = new Hono<AppEnv>()
  .basePath("/api")
  .use("*", authorise)
  .use("*", async (c, next) => {
    await next();
    if (c.res.status !== 101 && !c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
  })
  .route("/health", healthApi)
  .route("/setup", setupApi)
  .all("/auth/*", async (c) => {
    if (c.req.path === "/api/auth/sign-in/email") await limitSignIn(c);
    return (await authFor(c)).handler(c.req.raw);
  })
  .get("/me", describe({ summary: "Who is signed in", response: meSchema }), (c) => {
    const { credential: _credential, ...agent } = c.get("agent");
    return c.json({ agent });
  })
  .route("/", socketsApi)
  .route("/conversations", conversationsApi)
  .post(
    "/attachments",
    describe({ summary: "Upload a file: the body is the file", response: attachmentCreatedSchema, status: 201 }),
    async (c) => c.json(await storeUpload(c, { uploadedBy: `agent:${c.get("agent").id}`, conversationId: null }), 201),
  )
  .route("/pictures", pictureLinksApi)
  .route("/contacts", contactsApi)
  .route("/undeliverable-addresses", undeliverableApi)
  .route("/saved-replies", savedRepliesApi)
  .route("/saved-reply-categories", savedReplyCategoriesApi)
  .route("/agents", agentsApi)
  .route("/api-keys", apiKeysApi)
  .route("/settings", settingsApi)
  .route("/mailboxes", mailboxesApi)
  .route("/ledger", ledgerApi)
  .route("/projections", projectionsApi);

export const api = routes
  .get("/openapi.json", async (c) => {
    const { createOpenApi } = await import("./openapi.ts");
    return c.json(
      createOpenApi([routes, widgetApp, inboundMailApp, filesApp, picturesApp, securityTxtApp].flatMap((app) => app.routes)),
    );
  })
  .notFound(() => {
    throw new AppError("not_found", "There is no such address in the API.");
  })
  .onError(onError);

/** Read as the sign-in itself reads it: what counts for one address must not be tried for another. */
async function readAddress(c: AppContext): Promise<string> {
  const isJson = c.req.header("content-type")?.startsWith("application/json") === true;
  const parsed = isJson ? v.safeParse(signInSchema, await c.req.raw.clone().text()) : null;
  if (parsed?.success !== true) throw new AppError("invalid", "Sign in with JSON: email and password.");
  return parsed.output.email;
}

/** By address and by client: a list of passwords is slow to try, whoever tries it (T9). */
async function limitSignIn(c: AppContext): Promise<void> {
  if (!hasRateLimits(c.env, new URL(c.req.url))) return;
  const address = await readAddress(c);
  for (const key of [`client:${clientKey(c.req.raw)}`, `address:${address.toLowerCase()}`]) {
    if (!(await c.env.SIGN_IN_LIMIT.limit({ key })).success)
      throw new AppError("too_many_requests", "Too many tries. Wait a minute.");
  }
}
