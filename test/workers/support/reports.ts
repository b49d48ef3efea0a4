/** Reports about our mails, as other servers write them, and as anybody may. */
import { rawMail } from "./inbound.ts";

interface Report {
  type: "delivery-status" | "feedback-report" | "disposition-notification";
  fields: readonly string[];
  /** Headers of the mail that it is said to be about. */
  original?: readonly string[];
  from?: string;
  /** It says of itself that a program wrote it. */
  isAutomatic?: boolean;
}

/** RFC 6522. */
export function reportMail({ type, fields, original = ["Subject: x"], from, isAutomatic = true }: Report): string {
  return rawMail({
    from: from ?? "Mail Delivery System <MAILER-DAEMON@mx.example.test>",
    subject: "Undelivered Mail Returned to Sender",
    headers: [
      `Content-Type: multipart/report; report-type=${type}; boundary="r"`,
      "MIME-Version: 1.0",
      ...(isAutomatic ? ["Auto-Submitted: auto-replied"] : []),
    ],
    text: [
      "--r",
      "Content-Type: text/plain",
      "",
      "This is a report.",
      "--r",
      `Content-Type: message/${type}`,
      "",
      ...fields,
      "",
      "--r",
      "Content-Type: message/rfc822",
      "",
      ...original,
      "",
      "Our answer.",
      "--r--",
    ].join("\r\n"),
  });
}

interface Bounce {
  recipient?: string;
  status?: string;
  action?: string;
  diagnostic?: string;
  original?: readonly string[];
}

/** RFC 3464: there is no such mailbox, where nothing else is said. */
export function bounceMail(bounce: Bounce = {}): string {
  const { recipient = "vera@example.test", status = "5.1.1", action = "failed", original } = bounce;
  const { diagnostic = "smtp; 550 5.1.1 No such user" } = bounce;
  return reportMail({
    type: "delivery-status",
    fields: [
      "Reporting-MTA: dns; mx.example.test",
      "",
      `Final-Recipient: rfc822; ${recipient}`,
      `Action: ${action}`,
      `Status: ${status}`,
      `Diagnostic-Code: ${diagnostic}`,
    ],
    ...(original !== undefined && { original }),
  });
}
