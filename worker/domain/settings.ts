/** The settings of a deployment: one stored JSON value, parsed with these schemas, every field with a default. */
import * as v from "valibot";
import { isAddress, toAsciiAddress } from "./address.ts";
import { emailSchema } from "./api-shapes.ts";
import { toOneLine } from "./one-line.ts";

/** Addresses that can be called contact forms. */
export const FORMS_MAX = 200;

const hexColour = v.pipe(v.string(), v.regex(/^#[0-9a-fA-F]{6}$/, "must be a colour such as #5b5bd6"));
const localized = (en: string, es: string) =>
  v.optional(
    v.object({
      en: v.optional(v.pipe(v.string(), v.maxLength(500)), en),
      es: v.optional(v.pipe(v.string(), v.maxLength(500)), es),
    }),
    {},
  );

/** `https://host[:port]`, or `https://*.host` for all its subdomains. */
const originPattern = v.pipe(
  v.string(),
  v.regex(/^https?:\/\/(\*\.)?[a-z0-9.-]+(:\d+)?$/, "must be an origin such as https://example.com"),
);

export const widgetSettingsSchema = v.object({
  colour: v.optional(hexColour, "#4f46e5"),
  position: v.optional(v.picklist(["right", "left"]), "right"),
  greeting: localized("Hi! How can we help?", "¡Hola! ¿En qué podemos ayudarte?"),
  launcherText: localized("", ""),
  title: localized("Chat with us", "Escríbenos"),
  /** Shown after the visitor's first message while nobody has answered. */
  captureText: localized(
    "Leave your email and we'll answer there if you have to go.",
    "Déjanos tu correo y te responderemos ahí si tienes que irte.",
  ),
  isCaptureShown: v.optional(v.boolean(), true),
  /** Empty: any site may embed the widget. */
  allowedOrigins: v.optional(v.array(originPattern), []),
  /** The page of a named site that links in mails lead to; empty: its root. */
  confirmPage: v.optional(
    v.union([v.literal(""), v.pipe(v.string(), v.maxLength(500), v.url(), v.regex(/^https?:\/\/[^#]*$/))]),
    "",
  ),
});

/** An IANA name: mails show times in it, so one that the runtime does not know must not get in. */
const timeZone = v.pipe(
  v.string(),
  v.check((name) => {
    try {
      return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
    } catch {
      return false;
    }
  }, "must be a time zone such as Europe/Madrid"),
);

const minuteOfDay = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1440));

export const hoursSettingsSchema = v.object({
  isAlwaysOpen: v.optional(v.boolean(), true),
  timeZone: v.optional(timeZone, "UTC"),
  /** Monday is 1, Sunday 7; minutes of the local day. */
  days: v.optional(
    v.array(
      v.object({
        day: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(7)),
        from: minuteOfDay,
        to: minuteOfDay,
      }),
    ),
    [1, 2, 3, 4, 5].map((day) => ({ day, from: 540, to: 1080 })),
  ),
});

export const mailSettingsSchema = v.object({
  /** Seconds for which an email reply can be taken back. */
  undoSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(60)), 10),
  /** Seconds after the visitor has left until a chat reply that they have not seen is mailed; 0 is never. */
  unseenSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(86_400)), 120),
  /** Put below replies; plain text. */
  signature: v.optional(v.pipe(v.string(), v.maxLength(2000)), ""),
  isTranscriptIncluded: v.optional(v.boolean(), true),
  /** Language of fixed texts in mails to people whose language is unknown. */
  locale: v.optional(v.picklist(["en", "es"]), "en"),
  /** A mail of a known contact about something else begins a conversation of its own (M16). */
  isSplitBySubject: v.optional(v.boolean(), false),
  /** What an agent answers by mail, to the address that was signed for them, goes to the contact (M9); else it is a note. */
  canAgentsReplyByMail: v.optional(v.boolean(), false),
  /** Addresses that are no person: what they send is written by whom `Reply-To` names (M7a). */
  forms: v.optional(v.pipe(v.array(emailSchema), v.maxLength(FORMS_MAX)), []),
  /** The server whose `Authentication-Results` are believed (RFC 8601); empty: nobody's (M15). */
  authservId: v.optional(
    v.pipe(
      v.string(),
      v.trim(),
      v.toLowerCase(),
      v.maxLength(253),
      v.regex(/^[a-z0-9._-]*$/, "must be the name of a server such as mx.example.com"),
    ),
    "",
  ),
});

const upTo = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));

/** Totals of the deployment that an owner may need to change; all others are constants (docs/security.md). */
export const limitsSettingsSchema = v.object({
  /** New chats within an hour. */
  chatsPerHour: v.optional(upTo(1_000_000), 1_000),
  /** Megabytes of visitors' files within a day. */
  uploadMegabytesPerDay: v.optional(upTo(1_000_000), 2_000),
  /** Mails to one recipient each that leave within a day; of those that nobody wrote by hand, half as many. */
  mailsPerDay: v.optional(upTo(10_000_000), 2_000),
  /** Mails of unknown senders that reach the list of one mailbox within two minutes; the others are kept aside (M16a). */
  newSendersPerTwoMinutes: v.optional(upTo(100_000), 60),
});

/** UTF-16 code units. */
const CONTACT_LENGTH_MAX = 300;

/** Null for what is neither `mailto:` and an address nor an `https:` page. An address alone is one. */
function parseContact(text: string): string | null {
  const address = toAsciiAddress(text.replace(/^mailto:/i, ""));
  // Characters that mean something in an address of the web would have to be written otherwise there.
  if (isAddress(address)) return /[%?#&/^`{|}]/.test(address) ? null : `mailto:${address}`;
  if (!/^https:\/\//i.test(text) || !URL.canParse(text)) return null;
  const { href, username, password } = new URL(text);
  return username === "" && password === "" ? href : null;
}

const contactSchema = v.pipe(
  v.string(),
  v.trim(),
  v.maxLength(CONTACT_LENGTH_MAX),
  v.check((text) => text === "" || parseContact(text) !== null, "must be mailto: and an address, or a page at https:"),
  v.transform((text) => parseContact(text) ?? ""),
);

export const securitySettingsSchema = v.object({
  /** Where people report a vulnerability (RFC 9116); empty: `/.well-known/security.txt` is not there. */
  contact: v.optional(contactSchema, ""),
});

/** On one line: it is a name in mails. */
const companySchema = v.pipe(v.string(), v.transform(toOneLine), v.minLength(1), v.maxLength(100));

export const settingsSchema = v.object({
  company: v.optional(companySchema, "Hilo"),
  widget: v.optional(widgetSettingsSchema, {}),
  mail: v.optional(mailSettingsSchema, {}),
  hours: v.optional(hoursSettingsSchema, {}),
  limits: v.optional(limitsSettingsSchema, {}),
  security: v.optional(securitySettingsSchema, {}),
});

/** What agents are told: also the origin that links, mails and the snippet name, which is not that of Pages. */
export const settingsAnswerSchema = v.object({ ...settingsSchema.entries, publicUrl: v.string() });

/** A change names whole sections or single fields of them; what is not named stays. */
export const settingsPatchSchema = v.partial(
  v.object({
    company: companySchema,
    widget: v.record(v.string(), v.unknown()),
    mail: v.record(v.string(), v.unknown()),
    hours: v.record(v.string(), v.unknown()),
    limits: v.record(v.string(), v.unknown()),
    security: v.record(v.string(), v.unknown()),
  }),
);

export type SettingsAnswer = v.InferOutput<typeof settingsAnswerSchema>;
export type Settings = v.InferOutput<typeof settingsSchema>;
export type WidgetSettings = v.InferOutput<typeof widgetSettingsSchema>;
export type SettingsPatch = v.InferOutput<typeof settingsPatchSchema>;
