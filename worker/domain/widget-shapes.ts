/** What the widget asks and is told. */
import * as v from "valibot";
import { messageSchema, uuidSchema } from "../../durable-objects/conversation/protocol.ts";
import { emailSchema, nameSchema, requiredText } from "./api-shapes.ts";
import { toOneLine } from "./one-line.ts";

export const widgetConfigSchema = v.object({
  company: v.string(),
  colour: v.string(),
  position: v.picklist(["right", "left"]),
  greeting: v.object({ en: v.string(), es: v.string() }),
  launcherText: v.object({ en: v.string(), es: v.string() }),
  title: v.object({ en: v.string(), es: v.string() }),
  captureText: v.object({ en: v.string(), es: v.string() }),
  isCaptureShown: v.boolean(),
});
export const widgetConversationCreateSchema = v.object({
  clientId: uuidSchema,
  text: requiredText,
  page: v.optional(v.pipe(v.string(), v.maxLength(2000), v.transform(toOneLine))),
  locale: v.optional(v.pipe(v.string(), v.maxLength(35), v.transform(toOneLine))),
  contact: v.optional(v.object({ email: emailSchema, name: v.optional(nameSchema) })),
});
export const widgetConversationCreatedSchema = v.object({
  token: v.string(),
  conversationId: uuidSchema,
  message: messageSchema,
});
export const widgetContactSchema = v.object({ email: emailSchema, name: v.optional(nameSchema) });
/** Without an address it goes where replies go. */
export const widgetCodeSchema = v.object({ email: v.optional(emailSchema) });
/** How many digits codes have now; it says nothing of whether one left. */
export const widgetCodeAskedSchema = v.object({ digits: v.number() });
/** Digits as people type them, or what a confirming link carries. */
export const widgetConfirmSchema = v.union([
  v.object({
    code: v.pipe(
      v.string(),
      v.maxLength(40),
      v.transform((code) => code.replace(/\D/g, "")),
      v.regex(/^\d{6,10}$/),
    ),
  }),
  v.object({ secret: v.pipe(v.string(), v.maxLength(1_000)) }),
]);
export const widgetTokenSchema = v.object({ token: v.string() });

export type WidgetConfig = v.InferOutput<typeof widgetConfigSchema>;
export type WidgetConversationCreated = v.InferOutput<typeof widgetConversationCreatedSchema>;
