/**
 * What visitors' browsers may call, from allowed sites, without cookies. Nothing here makes an object but the first
 * message, and nothing touches one before the token is checked (A11).
 */
import { Hono } from "hono";
import { cors } from "hono/cors";
import * as v from "valibot";
import { CONNECTION_HEADER, type ConnectionClaim } from "../../durable-objects/conversation/connection.ts";
import { CLOSE_CODES, TOKEN_SUBPROTOCOL_PREFIX } from "../../durable-objects/conversation/protocol.ts";
import { FIRST_TOKEN_GENERATION } from "../../durable-objects/conversation/state.ts";
import { offeredProtocols, refuseSocket } from "../../durable-objects/conversation/upgrade.ts";
import { messageFor } from "../../durable-objects/conversation/views.ts";
import { createVisitorToken, deriveConversationId, readVisitorToken, type VisitorToken } from "../auth/visitor-token.ts";
import { openDatabase } from "../db/database.ts";
import { loadCachedSettings } from "../db/settings.ts";
import {
  attachmentCreatedSchema,
  signedUrlSchema,
  widgetConfigSchema,
  widgetContactSchema,
  widgetConversationCreateSchema,
  widgetConversationCreatedSchema,
  type WidgetConfig,
} from "../domain/api-shapes.ts";
import { ATTACHMENT_BYTES_MAX } from "../domain/files.ts";
import { uuidV7Time } from "../domain/uuid.ts";
import { isAllowedOrigin } from "../domain/origins.ts";
import { settingsSchema, type Settings } from "../domain/settings.ts";
import { configOf, hasRateLimits } from "../env.ts";
import { takesOfAddress, takesOfChat, takesOfUpload } from "../limits.ts";
import { conversationStub, locationHintOf } from "../objects.ts";
import { nameClient } from "../totals.ts";
import { clientKey, ownOrigins, type AppContext, type AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { signFileUrl, storeUpload } from "./files.ts";
import { declaredLength, readBody, readId } from "./input.ts";
import { maySocketOpen } from "./limit-sockets.ts";
import { limitRequest } from "./limit.ts";
import { AppError, onError } from "./problems.ts";
import { internalUpgrade, refuseUpgrade } from "./sockets.ts";

/** Seconds for which a browser or cache keeps the public settings. */
const CONFIG_SECONDS = 60;

const CREATE_DESCRIPTION = {
  summary: "Begin a conversation with its first message; the same clientId again gives the same one",
  body: widgetConversationCreateSchema,
  response: widgetConversationCreatedSchema,
  status: 201,
};
const CONTACT_DESCRIPTION = {
  summary: "The visitor leaves an address",
  body: widgetContactSchema,
  status: 204,
  security: "visitorToken",
} as const;
const UPLOAD_DESCRIPTION = {
  summary: "Upload a file: the body is the file",
  response: attachmentCreatedSchema,
  status: 201,
  security: "visitorToken",
} as const;
const LINK_DESCRIPTION = {
  summary: "A link to a file of the visitor's conversation that expires",
  response: signedUrlSchema,
  security: "visitorToken",
} as const;

export const widgetApp = new Hono<AppEnv>()
  .basePath("/widget")
  .use(
    "*",
    cors({
      origin: "*",
      allowHeaders: ["authorization", "content-type", "x-filename"],
      allowMethods: ["GET", "POST"],
      exposeHeaders: ["retry-after"],
      maxAge: 86_400,
    }),
  )
  .use("*", async (c, next) => {
    c.set("db", openDatabase(c.env.DB));
    await next();
  })
  .get("/config", describe({ summary: "The public settings", response: widgetConfigSchema }), async (c) => {
    c.header("cache-control", `public, max-age=${CONFIG_SECONDS}`);
    return c.json(widgetConfig(await settingsOf(c)));
  })
  .post("/conversations", describe(CREATE_DESCRIPTION), async (c) => {
    if (!(await isAllowedSite(c))) throw new AppError("bad_origin", "This site may not embed the chat.");
    await limitCreate(c);
    const body = await readBody(c, widgetConversationCreateSchema);
    const { APP_SECRET } = configOf(c.env);
    const id = await deriveConversationId(APP_SECRET, {
      purpose: "conversation",
      clientId: body.clientId,
      at: uuidV7Time(body.clientId),
    });
    const client = clientKey(c.req.raw);
    await limitRequest(c, takesOfChat(client, (await settingsOf(c)).limits));
    if (body.contact !== undefined) await limitRequest(c, takesOfAddress({ client, conversationId: id }));
    const answer = await conversationStub(c.env, id, locationHintOf(c.env, c.req.raw.cf?.["continent"])).send({
      clientId: body.clientId,
      author: { kind: "visitor" },
      channel: "chat",
      text: body.text,
      attachmentIds: [],
      uploadedBy: `visitor:${id}`,
      undoMs: 0,
      open: {
        id,
        hasVisitor: true,
        visitor: visitorOf(c, body),
        contact: null,
        capture: captureOf(body.contact),
        subject: null,
        mail: null,
      },
    });
    if (answer.kind === "unknown" || answer.kind === "rejected") throw new AppError("empty");
    // A clientId that was answered before is no way around a revoked token (T5).
    if (answer.kind === "repeated" && answer.tokenGeneration !== FIRST_TOKEN_GENERATION)
      throw new AppError("not_signed_in", "The token is not valid.");
    const token = await createVisitorToken(APP_SECRET, {
      conversationId: id,
      generation: answer.tokenGeneration,
      origin: c.req.header("origin") ?? null,
    });
    return c.json(
      { token, conversationId: id, message: messageFor("visitor", answer.message) },
      answer.kind === "stored" ? 201 : 200,
    );
  })
  .post("/contact", describe(CONTACT_DESCRIPTION), async (c) => {
    const { conversationId } = await bearerToken(c);
    const body = await readBody(c, widgetContactSchema);
    await limitRequest(c, takesOfAddress({ client: clientKey(c.req.raw), conversationId }));
    const isKnown = await conversationStub(c.env, conversationId).capture(body, "visitor");
    if (!isKnown) throw new AppError("not_found", "There is no such conversation.");
    return c.body(null, 204);
  })
  .post("/attachments", describe(UPLOAD_DESCRIPTION), async (c) => {
    const { conversationId } = await bearerToken(c);
    const upload = { client: clientKey(c.req.raw), conversationId, bytes: declaredLength(c.req.raw) ?? ATTACHMENT_BYTES_MAX };
    const counted = takesOfUpload(upload, (await settingsOf(c)).limits);
    return c.json(await storeUpload(c, { uploadedBy: `visitor:${conversationId}`, conversationId, counted }), 201);
  })
  .post("/attachments/:id/url", describe(LINK_DESCRIPTION), async (c) => {
    const { conversationId } = await bearerToken(c);
    return c.json(await signFileUrl(c, { conversationId, attachmentId: readId(c, "id") }));
  })
  .get("/socket", describe({ summary: "The visitor's socket; the token is a subprotocol", status: 101 }), async (c) => {
    const refusal = refuseUpgrade(c.req.raw);
    if (refusal !== null) return refusal;
    const offered = offeredProtocols(c.req.raw).find((protocol) => protocol.startsWith(TOKEN_SUBPROTOCOL_PREFIX));
    const token = offered === undefined ? null : await checkToken(c, offered.slice(TOKEN_SUBPROTOCOL_PREFIX.length));
    if (token === null) return refuseSocket(c.req.raw, CLOSE_CODES.notAllowed, "not_allowed");
    if (!(await maySocketOpen(c))) return refuseSocket(c.req.raw, CLOSE_CODES.tooMuchTraffic, "too_much_traffic");
    const claim: ConnectionClaim = {
      kind: "visitor",
      tokenGeneration: token.generation,
      client: await nameClient(c.env, clientKey(c.req.raw)),
      hasRateLimits: hasRateLimits(c.env, new URL(c.req.url)),
    };
    return conversationStub(c.env, token.conversationId).fetch(internalUpgrade(c.req.raw, CONNECTION_HEADER, claim));
  })
  .get("/*", async (c) => {
    const response = await c.env.ASSETS.fetch(c.req.raw);
    if (response.status !== 200 || response.headers.get("content-type")?.startsWith("text/html") === true)
      throw new AppError("not_found");
    const headers = new Headers(response.headers);
    // Where the name carries a hash of what is in it.
    if (/-[\w-]{8}\.js$/.test(c.req.path)) headers.set("cache-control", "public, max-age=31536000, immutable");
    return new Response(response.body, { headers });
  })
  .all("/*", () => {
    throw new AppError("not_found");
  })
  .onError((error, c) => {
    const response = onError(error, c);
    response.headers.set("access-control-allow-origin", "*");
    response.headers.set("access-control-expose-headers", "retry-after");
    return response;
  });

/** With D1 away and nothing cached the defaults serve: a chat is worth more than its colour (A12). */
async function settingsOf(c: AppContext): Promise<Settings> {
  return loadCachedSettings(c.get("db"), Date.now()).catch(() => v.parse(settingsSchema, {}));
}

export function widgetConfig({ company, widget }: Settings): WidgetConfig {
  const { colour, position, greeting, launcherText, title, captureText, isCaptureShown } = widget;
  return { company, colour, position, greeting, launcherText, title, captureText, isCaptureShown };
}

/** False where the settings name sites and this is none of them (T6). */
async function isAllowedSite(c: AppContext): Promise<boolean> {
  const origin = c.req.header("origin");
  if (origin === undefined || ownOrigins(c.env, c.req.raw).includes(origin)) return true;
  return isAllowedOrigin(origin, (await settingsOf(c)).widget.allowedOrigins);
}

async function limitCreate(c: AppContext): Promise<void> {
  if (!hasRateLimits(c.env, new URL(c.req.url))) return;
  if (!(await c.env.CREATE_LIMIT.limit({ key: clientKey(c.req.raw) })).success)
    throw new AppError("too_many_requests", "Too many new conversations in a minute.");
}

/** Null for a token that is not ours or not for this site; the object itself checks that it was not revoked. */
async function checkToken(c: AppContext, token: string): Promise<VisitorToken | null> {
  const { APP_SECRET, APP_SECRET_OLDER } = configOf(c.env);
  const read =
    (await readVisitorToken(APP_SECRET, token)) ??
    (APP_SECRET_OLDER === undefined ? null : await readVisitorToken(APP_SECRET_OLDER, token));
  if (read === null || !(await read.isFor(c.req.header("origin") ?? null))) return null;
  // A site that was taken off the list is no place for the tokens that it was given.
  return (await isAllowedSite(c)) ? read : null;
}

/** Unknown, foreign and revoked tokens are answered alike (T9). */
async function bearerToken(c: AppContext): Promise<VisitorToken> {
  const token = /^Bearer (\S{1,500})$/.exec(c.req.header("authorization") ?? "")?.[1];
  const read = token === undefined ? null : await checkToken(c, token);
  if (read === null) throw new AppError("not_signed_in", "The token is not valid.");
  if ((await conversationStub(c.env, read.conversationId).tokenGeneration()) !== read.generation)
    throw new AppError("not_signed_in", "The token is not valid.");
  return read;
}

function captureOf(contact: { email: string; name?: string | undefined } | undefined): { email: string; name?: string } | null {
  if (contact === undefined) return null;
  return contact.name === undefined ? { email: contact.email } : { email: contact.email, name: contact.name };
}

/** UTF-16 code units of a browser's description of itself. */
const USER_AGENT_LENGTH_MAX = 300;

function visitorOf(c: AppContext, body: { page?: string | undefined; locale?: string | undefined }) {
  const userAgent = c.req.header("user-agent")?.slice(0, USER_AGENT_LENGTH_MAX);
  const country = c.req.raw.cf?.["country"];
  return {
    ...(body.page === undefined ? {} : { page: body.page }),
    ...(body.locale === undefined ? {} : { locale: body.locale }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(typeof country === "string" ? { country } : {}),
  };
}
