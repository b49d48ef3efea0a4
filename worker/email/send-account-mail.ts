/** Mails to agents about their own account: from the first mailbox, by the same transports, and in no conversation. */
import { newId } from "../api/new-id.ts";
import { loadPreferences } from "../db/agents.ts";
import { openDatabase } from "../db/database.ts";
import { listMailboxes, loadCachedSettings } from "../db/settings.ts";
import { describeError } from "../domain/error-text.ts";
import type { Env } from "../env.ts";
import { composeAccountText, type AccountMail } from "./compose-account.ts";
import { composeSystemMail } from "./compose-system.ts";
import { loopMarkerOf } from "./secrets.ts";
import type { SendResult } from "./send.ts";
import { createTransport } from "./transport.ts";

interface Recipient {
  agentId: string;
  name: string;
  email: string;
  /** Of the browser that asked for it, where that is theirs: the mail's where they have chosen none. */
  locale?: "en" | "es" | null;
}

/** Never throws: whoever waits for it asks again. What became of it is in the log, by the agent's id. */
export async function sendAccountMail(env: Env, to: Recipient, mail: AccountMail): Promise<void> {
  const entry = { event: "account_mail", kind: mail.kind, agentId: to.agentId };
  try {
    const result = await send(env, to, mail);
    if (result !== "sent") console.error(JSON.stringify({ level: "warn", ...entry, result }));
  } catch (error) {
    console.error(JSON.stringify({ level: "error", ...entry, ...describeError(error) }));
  }
}

async function send(env: Env, to: Recipient, mail: AccountMail): Promise<SendResult["kind"] | "no_mailbox"> {
  const db = openDatabase(env.DB);
  const [mailbox] = await listMailboxes(db);
  if (mailbox === undefined) return "no_mailbox";
  const settings = await loadCachedSettings(db, Date.now());
  const locale = (await loadPreferences(db, to.agentId)).locale ?? to.locale ?? settings.mail.locale;
  const { subject, paragraphs } = composeAccountText(mail, { locale, company: settings.company, email: to.email });
  const outgoing = composeSystemMail({
    locale,
    from: { address: mailbox.address, name: settings.company },
    to: { address: to.email, name: to.name },
    subject,
    paragraphs,
    messageId: `${newId()}@${mailbox.address.slice(mailbox.address.lastIndexOf("@") + 1)}`,
    loopMarker: await loopMarkerOf(env),
  });
  return (await createTransport(env).send(outgoing)).kind;
}
