/** The block that tells where everything is. */
import { relative } from "node:path";
import { styleText } from "node:util";
import type { StartOptions } from "./options.ts";

const LABEL_WIDTH = 15;

function row(label: string, value: string, note = ""): string {
  const shownNote = note === "" ? "" : `  ${styleText("dim", note)}`;
  return `  ${styleText("dim", label.padEnd(LABEL_WIDTH))}${value}${shownNote}`;
}

const url = (text: string) => styleText(["cyan", "bold"], text);

export interface BannerInput {
  options: StartOptions;
  publicUrl: string;
  folder: string;
  /** Where mail to customers goes. */
  mailTarget: string;
  isFirstStart: boolean;
}

export function formatBanner({ options, publicUrl, folder, mailTarget, isFirstStart }: BannerInput): string {
  const shownFolder = relative(process.cwd(), folder) || ".";
  const lines = [
    "",
    `  ${styleText("bold", "Hilo")} is running`,
    "",
    row("Inbox", url(`${publicUrl}/`), isFirstStart ? "open it to make your account" : ""),
    row("Example site", url(`${publicUrl}/demo`), "a page with the chat bubble"),
  ];
  if (options.hasDemo)
    lines.push(row("Demo mailbox", url(`http://localhost:${options.mailPort}/`), "read and answer as a customer"));
  if (options.pagesPort !== null)
    lines.push(row("Inbox on Pages", url(`http://localhost:${options.pagesPort}/`), "as Cloudflare Pages serves it"));
  lines.push(
    row("Incoming mail", `smtp://127.0.0.1:${options.smtpPort}`, "for the addresses of your mailboxes"),
    row("Outgoing mail", mailTarget),
    row("State", shownFolder.startsWith("..") ? folder : `${shownFolder}/`, "keeps everything; server.log is the log"),
    "",
    `  ${styleText("dim", "Stop with Ctrl+C.")}`,
    "",
  );
  return lines.join("\n");
}
