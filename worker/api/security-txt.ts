/** `GET /.well-known/security.txt`: there where the settings name whom to tell. */
import { Hono } from "hono";
import { openDatabase } from "../db/database.ts";
import { loadCachedSettings } from "../db/settings.ts";
import { formatSecurityTxt } from "../domain/security-txt.ts";
import { ownOrigins, type AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { AppError, onError } from "./problems.ts";

const KEPT_SECONDS = 3_600;

export const securityTxtApp = new Hono<AppEnv>()
  .get("/.well-known/security.txt", describe({ summary: "Where to report a vulnerability (RFC 9116)" }), async (c) => {
    const { security } = await loadCachedSettings(openDatabase(c.env.DB), Date.now());
    if (security.contact === "") throw new AppError("not_found", "Nobody is named here.");
    const origin = ownOrigins(c.env, c.req.raw).at(-1) ?? "";
    return c.body(formatSecurityTxt({ contact: security.contact, origin, now: Date.now() }), 200, {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": `public, max-age=${KEPT_SECONDS}`,
    });
  })
  .onError(onError);
