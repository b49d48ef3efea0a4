/** Sends each request to the part that it is for; what is for none is a file of the inbox. */
import { Hono } from "hono";
import type { AppEnv } from "./api/context.ts";
import { filesApp } from "./api/files.ts";
import { api } from "./api/index.ts";
import { notMeApp } from "./api/not-me.ts";
import { picturesApp } from "./api/pictures.ts";
import { AppError, onError } from "./api/problems.ts";
import { securityTxtApp } from "./api/security-txt.ts";
import { staticFiles } from "./api/static-files.ts";
import { widgetApp } from "./api/widget.ts";
import { inboundMailApp } from "./email/inbound.ts";

export const app = new Hono<AppEnv>()
  .route("/", api)
  .route("/", notMeApp)
  .route("/", widgetApp)
  .route("/", inboundMailApp)
  .route("/", filesApp)
  .route("/", picturesApp)
  .route("/", securityTxtApp)
  .route("/", staticFiles)
  .notFound(() => {
    throw new AppError("not_found");
  })
  .onError(onError);
