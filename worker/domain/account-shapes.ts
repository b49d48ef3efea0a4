/** Bodies and answers of everything about one's own account: signing in, invitations, passwords, sessions. */
import * as v from "valibot";
import { uuidSchema } from "../../durable-objects/conversation/protocol.ts";
import { canonicalAddress } from "./address.ts";
import { EMAIL_LENGTH_MAX, PASSWORD_LENGTH_MAX, agentSchema, nameSchema, passwordSchema } from "./api-shapes.ts";

/** What a link that works once is for. */
export const ACCOUNT_LINK_PURPOSES = ["invitation", "reset", "sign-in"] as const;
export type AccountLinkPurpose = (typeof ACCOUNT_LINK_PURPOSES)[number];
/** Pages of the inbox. The token follows in the fragment, which reaches no server, no log and no `Referer` (T22). */
export const ACCOUNT_LINK_PATHS: Readonly<Record<AccountLinkPurpose, string>> = {
  invitation: "/invitation",
  reset: "/reset-password",
  "sign-in": "/confirm-sign-in",
};

/** Characters of a link's token, which are 32 random bytes in base64url; anything else is no token. */
const tokenSchema = v.pipe(v.string(), v.regex(/^[\w-]{20,100}$/, "is no token of a link"));
/** A password as it was chosen, perhaps when shorter ones were allowed. */
const triedPassword = v.pipe(v.string(), v.maxLength(PASSWORD_LENGTH_MAX));
/** An address as somebody types it: one that is none is answered like one that is unknown (T9). */
const typedAddress = v.pipe(v.string(), v.trim(), v.maxLength(EMAIL_LENGTH_MAX), v.transform(canonicalAddress));

export const signInSchema = v.object({
  email: typedAddress,
  password: triedPassword,
  /** False: the session ends with the browser, or after a day. */
  rememberMe: v.optional(v.boolean(), true),
});
export const signedInSchema = v.object({ user: agentSchema });
/** `redirectTo` is what the sign-in library's own clients send; links lead to the inbox's page alone. */
export const resetRequestSchema = v.object({ email: typedAddress, redirectTo: v.optional(v.string()) });
export const resetSchema = v.object({ token: tokenSchema, newPassword: passwordSchema });
/** Other sessions always end, whatever `revokeOtherSessions` says. */
export const passwordChangeSchema = v.object({
  currentPassword: triedPassword,
  newPassword: passwordSchema,
  revokeOtherSessions: v.optional(v.boolean()),
});
export const doneSchema = v.object({ status: v.literal(true) });
export const passwordProofSchema = v.object({ password: triedPassword });

export const linkTokenSchema = v.object({ token: tokenSchema });
/** What the page of a link shows; asking uses nothing up. */
export const linkSchema = v.object({
  purpose: v.picklist(ACCOUNT_LINK_PURPOSES),
  name: v.string(),
  email: v.string(),
  company: v.string(),
  /** Epoch ms. */
  expiresAt: v.number(),
});
export const invitationAcceptSchema = v.object({
  token: tokenSchema,
  password: passwordSchema,
  name: v.optional(nameSchema),
});

/** `url` works once, until `expiresAt` (epoch ms), and is answered to who invites alone. */
export const invitationSchema = v.object({
  url: v.string(),
  expiresAt: v.number(),
  /** Whether a mail with the link is on its way. */
  isMailed: v.boolean(),
});
/** Of those who have never chosen a password; `expiresAt` is null where the invitation was revoked. */
const pendingInvitation = v.object({ expiresAt: v.nullable(v.number()) });
export const listedAgentSchema = v.object({ ...agentSchema.entries, invitation: v.optional(pendingInvitation) });
/** Without an invitation where the password was given. */
export const invitedAgentSchema = v.object({ ...agentSchema.entries, invitation: v.optional(invitationSchema) });

export const preferencesSchema = v.object({
  /** Of the inbox, and of mails to this agent; null: the browser's, and the settings'. */
  locale: v.optional(v.nullable(v.picklist(["en", "es"])), null),
  theme: v.optional(v.nullable(v.picklist(["system", "light", "dark"])), null),
});
export const ownPageSchema = v.object({ agent: agentSchema, ...preferencesSchema.entries });
export const ownPatchSchema = v.partial(
  v.object({
    name: nameSchema,
    locale: v.nullable(v.picklist(["en", "es"])),
    theme: v.nullable(v.picklist(["system", "light", "dark"])),
  }),
);

export const agentSessionSchema = v.object({
  id: uuidSchema,
  isCurrent: v.boolean(),
  createdAt: v.number(),
  /** Epoch ms, a few minutes behind at most. */
  lastUsedAt: v.number(),
  /** `Firefox on Windows`, from what the browser says of itself. */
  device: v.string(),
  /** The parts of `device`; null where it does not say. */
  browser: v.nullable(v.string()),
  system: v.nullable(v.string()),
  isPhone: v.boolean(),
  ipAddress: v.nullable(v.string()),
});

export type AccountLink = v.InferOutput<typeof linkSchema>;
export type Invitation = v.InferOutput<typeof invitationSchema>;
export type ListedAgent = v.InferOutput<typeof listedAgentSchema>;
export type InvitedAgent = v.InferOutput<typeof invitedAgentSchema>;
export type Preferences = v.InferOutput<typeof preferencesSchema>;
export type OwnPage = v.InferOutput<typeof ownPageSchema>;
export type AgentSession = v.InferOutput<typeof agentSessionSchema>;
