/** Draws the rows of a thread. Names, texts and file names are text nodes, whatever they contain (T12). */
import type { Attachment } from "../../durable-objects/conversation/protocol.ts";
import { type KeyedNode, el } from "./dom.ts";
import { loadFiles } from "./load-code.ts";
import type { Formats } from "./formats.ts";
import { splitLinks } from "./links.ts";
import type { MessageRow, Row } from "./rows.ts";
import type { TextKey, Texts } from "./texts.ts";

export interface ThreadContext {
  readonly locale: "en" | "es";
  readonly texts: Texts;
  readonly formats: Formats;
  readonly retry: (clientId: string) => void;
  readonly discard: (clientId: string) => void;
  /** A signed address of a file, or null where it can't be had. */
  readonly fileUrl: (id: string) => Promise<string | null>;
}

const refusals: Readonly<Partial<Record<string, TextKey>>> = { too_long: "tooLong" };

function drawText(text: string): HTMLElement {
  const body = el("div", { class: "text", dir: "auto" });
  for (const part of splitLinks(text)) {
    if (part.kind === "text") body.append(part.text);
    else body.append(el("a", { href: part.href, target: "_blank", rel: "noopener noreferrer nofollow" }, part.text));
  }
  return body;
}

/** The code for files comes when there is a file; until then, and where it can't be had, its name stands there. */
function drawAttachment(attachment: Attachment, context: ThreadContext): HTMLElement {
  const holder = el("div", { class: "attachment", dir: "auto" }, attachment.name);
  const { locale, formats, fileUrl } = context;
  void loadFiles().then(
    ({ drawFile }) => holder.replaceChildren(drawFile(attachment, { locale, size: formats.size, fileUrl })),
    () => null,
  );
  return holder;
}

function drawState(row: MessageRow, { texts, formats, retry: sendAgain, discard: throwAway }: ThreadContext): HTMLElement | null {
  const parts: (Node | string)[] = [];
  if (row.isLastOfGroup || row.isStateShown) {
    if (row.isByEmail) parts.push(`${texts.byEmail} · `);
    if (row.clientId === null) parts.push(el("time", { datetime: new Date(row.at).toISOString() }, formats.time(row.at)));
  }
  if (row.isStateShown && row.state === "failed" && row.clientId !== null) {
    const { clientId } = row;
    const retry = el("button", { type: "button", class: "link" }, texts.retry);
    const discard = el("button", { type: "button", class: "link" }, texts.discard);
    retry.addEventListener("click", () => sendAgain(clientId));
    discard.addEventListener("click", () => throwAway(clientId));
    const why = texts[refusals[row.refusal ?? ""] ?? "refused"];
    parts.push(el("div", { class: "bad" }, `${texts.notSent}: ${why}`), retry, " · ", discard);
  } else if (row.isStateShown && row.state !== "received" && row.state !== "failed") {
    parts.push(row.clientId === null ? ` · ${texts[row.state]}` : texts[row.state]);
  }
  return parts.length > 0 ? el("div", { class: "state" }, ...parts) : null;
}

function drawMessage(row: MessageRow, context: ThreadContext): HTMLElement {
  const classes = [
    "row",
    row.side,
    row.isFirstOfGroup && "first",
    row.isLastOfGroup && "last",
    row.clientId !== null && "pending",
  ];
  const name = row.side === "own" ? context.texts.you : row.author.name || context.texts.team;
  const isNamed = row.side === "other" && row.isFirstOfGroup;
  return el(
    "div",
    { class: classes.filter(Boolean).join(" ") },
    isNamed && el("div", { class: "author", dir: "auto" }, name),
    !isNamed && row.side !== "system" && el("span", { class: "unseen" }, `${name}: `),
    row.text !== "" && el("div", { class: "bubble" }, drawText(row.text)),
    ...row.attachments.map((attachment) => drawAttachment(attachment, context)),
    drawState(row, context),
  );
}

/** A row as a node that is drawn again only when something of it has changed. */
export function toNode(row: Row, context: ThreadContext): KeyedNode {
  if (row.kind === "day") {
    const label = context.formats.day(row.at);
    return { key: row.key, version: label, make: () => el("div", { class: "day" }, el("span", {}, label)) };
  }
  return { key: row.key, version: JSON.stringify(row), make: () => drawMessage(row, context) };
}
