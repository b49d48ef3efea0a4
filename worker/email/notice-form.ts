/** Notices a sender that may be a contact form, for an admin to decide. Safe to repeat. */
import { offerForm } from "../db/contact-forms.ts";
import type { Applied } from "./apply.ts";
import type { ApplyInput } from "./mail-content.ts";

/** @param input of a mail that asks for answers at one other address */
export async function noticeForm({ db, row, mail, verdict, applied }: ApplyInput & { applied: Applied }): Promise<void> {
  // What has come as a form's needs no offer; what made no message says nothing of who writes.
  if (mail.from === null || applied.state !== "applied" || !("target" in verdict) || verdict.code === "form") return;
  await offerForm(db, mail.from.address, row.receivedAt);
}
