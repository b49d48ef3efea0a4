/**
 * What visitors' browsers may call, from allowed sites, without cookies. Nothing here makes an object but the first
 * message, and nothing touches one before the token is checked (A11).
 */
import { Hono } from "hono";
import { cors } from "hono/cors";
import { CONNECTION_HEADER, type ConnectionClaim } from "../../durable-objects/conversation/connection.ts";
import { CLOSE_CODES, TOKEN_SUBPROTOCOL_PREFIX } from "../../durable-objects/conversation/protocol.ts";
import { FIRST_TOKEN_GENERATION } from "../../durable-objects/conversation/sessions.ts";
import { offeredProtocols, refuseSocket } from "../../durable-objects/conversation/upgrade.ts";
import { messageFor } from "../../durable-objects/conversation/views.ts";
import { createVisitorToken, deriveConversationId } from "../auth/visitor-token.ts";
import { openDatabase } from "../db/database.ts";
import { attachmentCreatedSchema, signedUrlSchema } from "../domain/api-shapes.ts";
import {
  widgetConfigSchema,
  widgetContactSchema,
  widgetConversationCreateSchema,
  widgetConversationCreatedSchema,
  type WidgetConfig,
} from "../domain/widget-shapes.ts";
import { ATTACHMENT_BYTES_MAX } from "../domain/files.ts";
import { toOneLine } from "../domain/one-line.ts";
import { uuidV7Time } from "../domain/uuid.ts";
import { FOR_GOOD } from "../domain/security-headers.ts";
import type { Settings } from "../domain/settings.ts";
import { configOf, hasRateLimits } from "../env.ts";
import { takesOfAddress, takesOfChat, takesOfLink, takesOfUpload } from "../limits.ts";
import { conversationStub, locationHintOf } from "../objects.ts";
import { nameClient } from "../totals.ts";
import { clientKey, type AppContext, type AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { signFileUrl, storeUpload } from "./files.ts";
import { declaredLength, readBody, readId } from "./input.ts";
import { maySocketOpen } from "./limit-sockets.ts";
import { limitRequest } from "./limit.ts";
import { assertNotOurs } from "./own-address.ts";
import { AppError, onError } from "./problems.ts";
import { internalUpgrade, refuseUpgrade } from "./sockets.ts";
import { bearerSession, checkToken, invalidToken, isAllowedSite, settingsOf } from "./visitor-session.ts";
import { widgetCodesApp } from "./widget-codes.ts";

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
    await assertNotOurs(c, body.contact?.email);
    const { APP_SECRET } = configOf(c.env);
    const id = await deriveConversationId(APP_SECRET, {
      purpose: "conversation",
      clientId: body.clientId,
      at: uuidV7Time(body.clientId),
    });
    const origin = c.req.header("origin") ?? null;
    const sessionId = await deriveConversationId(APP_SECRET, {
      purpose: "session",
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
        session: { id: sessionId, origin },
        visitor: visitorOf(c, body),
        contact: null,
        capture: captureOf(body.contact),
        subject: null,
        mail: null,
      },
    });
    if (answer.kind === "unknown" || answer.kind === "rejected") throw new AppError("empty");
    const { session, message } = answer;
    // A clientId that was answered before is no way around a token that has ended (T5).
    if (session === null || session.isRefused || session.generation !== FIRST_TOKEN_GENERATION)
      throw new AppError("not_signed_in", "The token is not valid.");
    const { id: ownId, generation } = session;
    const token = await createVisitorToken(APP_SECRET, { conversationId: id, sessionId: ownId, generation, origin });
    // To who has just written it.
    const shown = messageFor({ kind: "session", id: ownId, confirmedFor: null }, message);
    return c.json({ token, conversationId: id, message: shown }, answer.kind === "stored" ? 201 : 200);
  })
  .post("/contact", describe(CONTACT_DESCRIPTION), async (c) => {
    const { conversationId, claim } = await bearerSession(c);
    const body = await readBody(c, widgetContactSchema);
    await limitRequest(c, takesOfAddress({ client: clientKey(c.req.raw), conversationId }));
    await assertNotOurs(c, body.email);
    if (!(await conversationStub(c.env, conversationId).typeAddress(claim, body))) throw invalidToken();
    return c.body(null, 204);
  })
  .post("/attachments", describe(UPLOAD_DESCRIPTION), async (c) => {
    const { conversationId } = await bearerSession(c);
    const upload = { client: clientKey(c.req.raw), conversationId, bytes: declaredLength(c.req.raw) ?? ATTACHMENT_BYTES_MAX };
    const counted = takesOfUpload(upload, (await settingsOf(c)).limits);
    return c.json(await storeUpload(c, { uploadedBy: `visitor:${conversationId}`, conversationId, counted }), 201);
  })
  .post("/attachments/:id/url", describe(LINK_DESCRIPTION), async (c) => {
    const { conversationId, claim } = await bearerSession(c);
    const attachmentId = readId(c, "id");
    await limitRequest(c, takesOfLink(clientKey(c.req.raw)));
    // A file is for whom its message is for.
    if (!(await conversationStub(c.env, conversationId).mayOpenFile(claim, attachmentId))) throw new AppError("not_found");
    return c.json(await signFileUrl(c, { conversationId, attachmentId }));
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
      sessionId: token.sessionId,
      tokenGeneration: token.generation,
      client: await nameClient(c.env, clientKey(c.req.raw)),
      hasRateLimits: hasRateLimits(c.env, new URL(c.req.url)),
    };
    return conversationStub(c.env, token.conversationId).fetch(internalUpgrade(c.req.raw, CONNECTION_HEADER, claim));
  })
  .route("/", widgetCodesApp)
  .get("/*", (c) => serveWidgetFile(c))
  .all("/*", () => {
    throw new AppError("not_found");
  })
  .onError((error, c) => {
    const response = onError(error, c);
    response.headers.set("access-control-allow-origin", "*");
    response.headers.set("access-control-expose-headers", "retry-after");
    return response;
  });

/** The panel's code. Nothing but the file itself, or that it has not changed, is answered under its name (T24). */
async function serveWidgetFile(c: AppContext): Promise<Response> {
  const { body, status, headers: given } = await c.env.ASSETS.fetch(c.req.raw);
  if (![200, 206, 304].includes(status) || given.get("content-type")?.startsWith("text/html") === true)
    throw new AppError("not_found");
  const headers = new Headers(given);
  // Where the name carries a hash of what is in it.
  if (/-[\w-]{8}\.js$/.test(c.req.path)) headers.set("cache-control", FOR_GOOD);
  return new Response(body, { status, headers });
}

export function widgetConfig({ company, widget }: Settings): WidgetConfig {
  const { colour, position, greeting, launcherText, title, captureText, isCaptureShown } = widget;
  return { company, colour, position, greeting, launcherText, title, captureText, isCaptureShown };
}

async function limitCreate(c: AppContext): Promise<void> {
  if (!hasRateLimits(c.env, new URL(c.req.url))) return;
  if (!(await c.env.CREATE_LIMIT.limit({ key: clientKey(c.req.raw) })).success)
    throw new AppError("too_many_requests", "Too many new conversations in a minute.");
}

function captureOf(contact: { email: string; name?: string | undefined } | undefined): { email: string; name?: string } | null {
  if (contact === undefined) return null;
  return contact.name === undefined ? { email: contact.email } : { email: contact.email, name: contact.name };
}

/** UTF-16 code units of a browser's description of itself. */
const USER_AGENT_LENGTH_MAX = 300;

function visitorOf(c: AppContext, body: { page?: string | undefined; locale?: string | undefined }) {
  const given = c.req.header("user-agent");
  const userAgent = given === undefined ? undefined : toOneLine(given.slice(0, USER_AGENT_LENGTH_MAX));
  const country = c.req.raw.cf?.["country"];
  return {
    ...(body.page === undefined ? {} : { page: body.page }),
    ...(body.locale === undefined ? {} : { locale: body.locale }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(typeof country === "string" ? { country } : {}),
  };
}
