/** `winmail.dat` among the files of a mail gives way to the files and the text in it. Pure. */
import { cleanDisplayName } from "./addresses.ts";
import type { MailAttachment } from "./mail.ts";
import type { Steps } from "./pace.ts";
import { readTnef, type TnefFile } from "./tnef.ts";

export interface OpenedBoxes {
  attachments: MailAttachment[];
  /** Of a mail whose text is in the box alone. */
  text: string;
  html: string;
}

const isBox = ({ type, name }: MailAttachment): boolean =>
  /^application\/(vnd\.)?ms-tnef$/.test(type) || /^winmail\.dat$/i.test(name);

export function* openBoxes(attachments: readonly MailAttachment[]): Steps<OpenedBoxes> {
  const opened: OpenedBoxes = { attachments: [], text: "", html: "" };
  for (const attachment of attachments) {
    const box = isBox(attachment) && attachment.stored === undefined ? yield* readTnef(attachment.content) : null;
    if (box === null) {
      opened.attachments.push(attachment);
      continue;
    }
    opened.text ||= box.text;
    opened.html ||= box.html;
    opened.attachments.push(...box.files.map((file, index) => toAttachment(file, index)));
  }
  return opened;
}

function toAttachment({ name, type, content, contentId }: TnefFile, index: number): MailAttachment {
  return {
    name: cleanDisplayName(name)?.replace(/[/\\]/g, "_").slice(-200) || `file-${index + 1}`,
    type: type || "application/octet-stream",
    content,
    isInline: contentId !== null,
    contentId,
  };
}
