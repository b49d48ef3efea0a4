/** Links that let somebody in once: made, sent and looked up. What they do: `worker/api/sign-in.ts`. */
import { localeOfRequest, type AppContext } from "../api/context.ts";
import { AppError } from "../api/problems.ts";
import { findLink, insertLinkSeldom, replaceLink, type FoundLink, type NewLink } from "../db/account-links.ts";
import type { Credential } from "../db/credentials.ts";
import { listMailboxes } from "../db/settings.ts";
import { ACCOUNT_LINK_PATHS, type AccountLinkPurpose } from "../domain/account-shapes.ts";
import type { AccountMail } from "../email/compose-account.ts";
import { configOf } from "../env.ts";
import { newToken, sha256Hex } from "./hmac.ts";

const TOKEN_BYTES = 32;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Ms for which a link works. */
const LIFETIME_MS: Readonly<Record<AccountLinkPurpose, number>> = {
  invitation: 7 * 24 * HOUR_MS,
  reset: HOUR_MS,
  "sign-in": 30 * MINUTE_MS,
};
/** Ms between two mails that ask for a sign-in to be confirmed. */
const SIGN_IN_PAUSE_MS = 5 * MINUTE_MS;

type Addressee = Pick<Credential, "agentId" | "name" | "email">;

export interface MadeLink {
  token: string;
  row: NewLink;
}

export async function makeLink(purpose: AccountLinkPurpose, agentId: string, now: number): Promise<MadeLink> {
  const token = newToken(TOKEN_BYTES);
  const row = { hash: await sha256Hex(token), purpose, agentId, expiresAt: now + LIFETIME_MS[purpose], createdAt: now };
  return { token, row };
}

/** For whoever is in front of a screen: where there is no public address, the one that they have opened. */
export function shownUrl(c: AppContext, link: MadeLink): string {
  const { PUBLIC_URL } = configOf(c.env);
  return urlOf(PUBLIC_URL === "" ? c.req.url : PUBLIC_URL, link);
}

/** Of the public address alone, never of the request's host, which a stranger can choose (T22). */
function mailedUrl(c: AppContext, link: MadeLink): string {
  return urlOf(configOf(c.env).PUBLIC_URL, link);
}

function urlOf(base: string, { row, token }: MadeLink): string {
  return `${new URL(ACCOUNT_LINK_PATHS[row.purpose], base).href}#token=${token}`;
}

/** @throws AppError bad_link, the same for every link that does not work now */
export async function readLink(c: AppContext, token: string): Promise<FoundLink> {
  const link = await findLink(c.get("db"), await sha256Hex(token), Date.now());
  if (link === null) throw new AppError("bad_link", "Ask for a new one.");
  return link;
}

/** To an agent who has forgotten their password. An earlier link ends. Never throws. */
export async function mailResetLink(c: AppContext, to: Addressee): Promise<void> {
  const link = await makeLink("reset", to.agentId, Date.now());
  await c.get("db").batch([...replaceLink(c.get("db"), link.row)]);
  await mailTo(c, { ...to, locale: localeOfRequest(c) }, { kind: "reset", url: mailedUrl(c, link) });
}

/** To an agent whose password was just given on a new browser while their address is under attack; seldom. */
export async function mailSignInLink(c: AppContext, to: Addressee): Promise<void> {
  const link = await makeLink("sign-in", to.agentId, Date.now());
  if (!(await insertLinkSeldom(c.get("db"), link.row, SIGN_IN_PAUSE_MS))) return;
  await mailTo(c, { ...to, locale: localeOfRequest(c) }, { kind: "sign-in", url: mailedUrl(c, link) });
}

/** @returns whether a mail is on its way: the answer does not wait for it */
export async function mailInvitation(c: AppContext, input: { to: Addressee; link: MadeLink }): Promise<boolean> {
  if (!(await canMailLinks(c))) return false;
  const mail: AccountMail = { kind: "invitation", url: mailedUrl(c, input.link), inviter: c.get("agent").name };
  c.executionCtx.waitUntil(mailTo(c, input.to, mail));
  return true;
}

/** Whether links can be mailed at all: there is an address to make them of, and a mailbox to write from. */
export async function canMailLinks(c: AppContext): Promise<boolean> {
  return configOf(c.env).PUBLIC_URL !== "" && (await listMailboxes(c.get("db"))).length > 0;
}

async function mailTo(c: AppContext, to: Addressee & { locale?: "en" | "es" | null }, mail: AccountMail): Promise<void> {
  const { sendAccountMail } = await import("../email/send-account-mail.ts");
  await sendAccountMail(c.env, to, mail);
}
