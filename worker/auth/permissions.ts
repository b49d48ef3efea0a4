/**
 * Who may call what: the one table (T7). A route that is not in it answers 404 to everyone, so that a new route cannot
 * be forgotten here; a test walks the routes and the table against each other.
 */
import type { Role } from "../domain/roles.ts";

/** `public`: no sign-in. `none`: signed in, whatever the role. */
export type Permission = "public" | Role;

export const PERMISSIONS: Readonly<Record<string, Permission>> = {
  "GET /api/health": "public",
  "GET /api/openapi.json": "public",
  "GET /api/setup": "public",
  "POST /api/setup": "public",

  // Of the sign-in library, and in its place: nothing else under /api/auth/ exists.
  "POST /api/auth/sign-in/email": "public",
  "POST /api/auth/sign-out": "public",
  "POST /api/auth/request-password-reset": "public",
  "POST /api/auth/reset-password": "public",
  "POST /api/auth/change-password": "none",
  "POST /api/sign-in/confirm": "public",
  "POST /api/account-links/check": "public",
  "POST /api/invitations/accept": "public",

  "GET /api/me": "none",
  "GET /api/me/forwarding-address": "agent",
  "POST /api/me/forwarding-address": "agent",
  "PATCH /api/me": "none",
  "POST /api/me/confirm-password": "none",
  "GET /api/me/sessions": "none",
  "DELETE /api/me/sessions": "none",
  "DELETE /api/me/sessions/:id": "none",

  "GET /api/conversations": "viewer",
  "POST /api/conversations": "agent",
  "GET /api/conversations/:id": "viewer",
  "DELETE /api/conversations/:id": "viewer",
  "GET /api/conversations/:id/messages": "viewer",
  "POST /api/conversations/:id/messages": "agent",
  "POST /api/conversations/:id/messages/:seq/undo": "agent",
  "POST /api/conversations/:id/messages/:seq/email": "agent",
  "POST /api/conversations/:id/transcript": "agent",
  "POST /api/conversations/:id/read": "viewer",
  "POST /api/conversations/:id/complete": "agent",
  "POST /api/conversations/:id/reopen": "agent",
  "POST /api/conversations/:id/assign": "agent",
  "PUT /api/conversations/:id/contact": "agent",
  "POST /api/conversations/:id/address": "agent",
  "POST /api/conversations/:id/ask-confirmation": "agent",
  "POST /api/conversations/:id/part": "agent",
  "POST /api/conversations/:id/block": "agent",
  "POST /api/conversations/:id/attachments/:attachmentId/url": "viewer",
  "GET /api/conversations/:id/socket": "viewer",
  "GET /api/inbox/socket": "viewer",
  "POST /api/attachments": "agent",
  "POST /api/pictures": "viewer",

  "GET /api/contacts": "viewer",
  "POST /api/contacts": "agent",
  "GET /api/contacts/:id": "viewer",
  "PATCH /api/contacts/:id": "agent",

  "GET /api/undeliverable-addresses": "viewer",
  "DELETE /api/undeliverable-addresses/:email": "agent",

  "GET /api/saved-replies": "viewer",
  "POST /api/saved-replies": "agent",
  "GET /api/saved-replies/:id": "viewer",
  "PATCH /api/saved-replies/:id": "agent",
  "DELETE /api/saved-replies/:id": "agent",
  "GET /api/saved-reply-categories": "viewer",
  "POST /api/saved-reply-categories": "agent",
  "PATCH /api/saved-reply-categories/:id": "agent",
  "DELETE /api/saved-reply-categories/:id": "agent",

  "GET /api/agents": "viewer",
  "POST /api/agents": "admin",
  "PATCH /api/agents/:id": "admin",
  "DELETE /api/agents/:id": "admin",
  "POST /api/agents/:id/invitation": "admin",
  "DELETE /api/agents/:id/invitation": "admin",
  "GET /api/api-keys": "admin",
  "POST /api/api-keys": "admin",
  "DELETE /api/api-keys/:id": "admin",
  "GET /api/settings": "viewer",
  "PATCH /api/settings": "admin",
  "GET /api/mailboxes": "viewer",
  "POST /api/mailboxes": "admin",
  "PATCH /api/mailboxes/:id": "admin",
  "POST /api/mailboxes/:id/test": "admin",

  "POST /api/projections/rebuild": "admin",

  "GET /api/notices": "admin",
  "POST /api/notices/:id/dismiss": "admin",
  "POST /api/mailboxes/:id/brake": "admin",
  "POST /api/mailboxes/:id/let-in": "agent",

  "GET /api/ledger": "viewer",
  "GET /api/ledger/attention": "viewer",
  "GET /api/ledger/:id": "viewer",
  "GET /api/ledger/:id/raw": "viewer",
  "GET /api/ledger/:id/html": "viewer",
  "POST /api/ledger/:id/accept": "agent",
  "POST /api/ledger/:id/filter": "agent",
  "POST /api/ledger/:id/parse": "agent",
  "POST /api/ledger/:id/move": "agent",
  "POST /api/ledger/:id/accept-forward": "agent",

  "GET /api/forms": "viewer",
  "PUT /api/forms/:address": "admin",
  "DELETE /api/forms/:address": "admin",
};

/** Ms for which a password that was given counts: what makes a credential asks for it anew after that (T22). */
export const PASSWORD_FRESH_MS = 10 * 60 * 1_000;

/**
 * What a route asks for besides the role. `session`: no API key may call it. `password`: neither may a session that has not
 * given its password within {@link PASSWORD_FRESH_MS}; a test walks this table too.
 */
export const PROOFS: Readonly<Record<string, "session" | "password">> = {
  "POST /api/auth/change-password": "session",
  "POST /api/me/confirm-password": "session",
  "GET /api/me/sessions": "session",
  "DELETE /api/me/sessions": "session",
  "DELETE /api/me/sessions/:id": "session",
  "GET /api/me/forwarding-address": "session",
  "POST /api/me/forwarding-address": "password",

  "POST /api/agents": "password",
  "POST /api/agents/:id/invitation": "password",
  "DELETE /api/agents/:id/invitation": "session",
  "POST /api/api-keys": "password",
};
