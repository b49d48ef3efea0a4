/** Codes and links as they are mailed, and asked for by a browser in a chat. */
import type { BindingMail } from "../../../worker/email/send-cloudflare.ts";
import type { Env } from "../../../worker/env.ts";
import { call, type Answer } from "./http.ts";

interface Asked {
  email?: string;
  headers?: Record<string, string>;
  bindings?: Partial<Env>;
}

/** Returns when it is known whether a mail has left. */
export async function askCode(token: string, { email, headers, bindings = {} }: Asked = {}): Promise<Answer> {
  const body = email === undefined ? {} : { email };
  return call({ token }, "POST /widget/codes", { body, bindings, ...(headers === undefined ? {} : { headers }) });
}

/** The digits that a mail has. */
export function codeIn(mail: Pick<BindingMail, "text"> | undefined): string {
  const code = /^\d{6,10}$/mu.exec(mail?.text ?? "")?.[0];
  if (code === undefined) throw new Error("the mail has no code");
  return code;
}

/** Six digits that are not these. */
export function wrongFor(code: string): string {
  return code === "000000" ? "111111" : "000000";
}

/** What the confirming link of a mail carries; null where it has none. */
export function secretIn(mail: Pick<BindingMail, "text"> | undefined): string | null {
  return /#hilo-confirm=(\S+)/u.exec(mail?.text ?? "")?.[1] ?? null;
}

/** What the link *this was not me* of a mail carries. */
export function stopIn(mail: Pick<BindingMail, "text"> | undefined): string {
  const token = /\/not-me#(\S+)/u.exec(mail?.text ?? "")?.[1];
  if (token === undefined) throw new Error("the mail has no such link");
  return token;
}
