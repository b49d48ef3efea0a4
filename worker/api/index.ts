/** Composes the API of agents. Permissions: `worker/auth/permissions.ts`. */
import { Hono } from "hono";
import { authorise } from "../auth/principal.ts";
import { attachmentCreatedSchema } from "../domain/api-shapes.ts";
import { inboundMailApp } from "../email/inbound.ts";
import { agentsApi } from "./agents.ts";
import { apiKeysApi } from "./api-keys.ts";
import { contactsApi, undeliverableApi } from "./contacts.ts";
import type { AppEnv } from "./context.ts";
import { conversationsApi } from "./conversations.ts";
import { describe } from "./describe.ts";
import { brakeApi } from "./brake.ts";
import { filesApp, storeUpload } from "./files.ts";
import { formsApi } from "./forms.ts";
import { forwardingAddressApi } from "./forwarding-address.ts";
import { healthApi } from "./health.ts";
import { ledgerApi } from "./ledger.ts";
import { meApi } from "./me.ts";
import { notMeApp } from "./not-me.ts";
import { noticesApi } from "./notices.ts";
import { pictureLinksApi, picturesApp } from "./pictures.ts";
import { AppError, onError } from "./problems.ts";
import { projectionsApi } from "./projections.ts";
import { savedRepliesApi, savedReplyCategoriesApi } from "./saved-replies.ts";
import { mailboxesApi, settingsApi } from "./settings.ts";
import { securityTxtApp } from "./security-txt.ts";
import { setupApi } from "./setup.ts";
import { signInApi } from "./sign-in.ts";
import { socketsApi } from "./sockets.ts";
import { widgetApp } from "./widget.ts";

const routes = new Hono<AppEnv>()
  .basePath("/api")
  .use("*", authorise)
  .use("*", async (c, next) => {
    await next();
    if (c.res.status !== 101 && !c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
  })
  .route("/health", healthApi)
  .route("/setup", setupApi)
  .route("/", signInApi)
  .route("/me/forwarding-address", forwardingAddressApi)
  .route("/me", meApi)
  .route("/", socketsApi)
  .route("/conversations", conversationsApi)
  .post(
    "/attachments",
    describe({ summary: "Upload a file: the body is the file", response: attachmentCreatedSchema, status: 201 }),
    async (c) =>
      c.json(await storeUpload(c, { uploadedBy: `agent:${c.get("agent").id}`, conversationId: null, counted: [] }), 201),
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
  .route("/mailboxes", brakeApi)
  .route("/notices", noticesApi)
  .route("/ledger", ledgerApi)
  .route("/forms", formsApi)
  .route("/projections", projectionsApi);

export const api = routes
  .get("/openapi.json", async (c) => {
    const { createOpenApi } = await import("./openapi.ts");
    const apps = [routes, widgetApp, notMeApp, inboundMailApp, filesApp, picturesApp, securityTxtApp];
    return c.json(createOpenApi(apps.flatMap((app) => app.routes)));
  })
  .notFound(() => {
    throw new AppError("not_found", "There is no such address in the API.");
  })
  .onError(onError);
