/** Draws the rows of a thread. Names, texts and file names are text nodes, whatever they contain (T12). */
import type { Attachment } from "../../durable-objects/conversation/protocol.ts";
import { type KeyedNode, el, icon } from "./dom.ts";
import type { Formats } from "./formats.ts";
import { splitLinks } from "./links.ts";
import type { MessageRow, Row } from "./rows.ts";
import { type TextKey, type Texts, fill } from "./texts.ts";

const PICTURE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export interface ThreadActions {
  readonly retry: (clientId: string) => void;
  readonly discard: (clientId: string) => void;
  /** A signed address of a file, or null where it can't be had. */
  readonly fileUrl: (id: string) => Promise<string | null>;
}

export interface ThreadContext {
  readonly texts: Texts;
  readonly formats: Formats;
  readonly actions: ThreadActions;
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

/** Opens a file by a fresh address: the one that was shown may have expired. */
async function openFile(button: HTMLButtonElement, id: string, context: ThreadContext): Promise<void> {
  button.disabled = true;
  const url = await context.actions.fileUrl(id);
  button.disabled = false;
  if (url === null) {
    button.title = context.texts.fileFailed;
    button.classList.add("failed");
    return;
  }
  const link = el("a", { href: url, target: "_blank", rel: "noopener noreferrer" });
  button.after(link);
  link.click();
  link.remove();
}

function drawFile(attachment: Attachment, context: ThreadContext): HTMLElement {
  const { id, name, size } = attachment;
  const label = fill(context.texts.download, { name, size: context.formats.size(size) });
  const button = el(
    "button",
    { type: "button", class: "file", "aria-label": label },
    icon("file"),
    el("span", { class: "file-name", dir: "auto" }, name),
    el("span", { class: "file-size" }, context.formats.size(size)),
  );
  button.addEventListener("click", () => void openFile(button, id, context));
  return button;
}

function drawPicture(attachment: Attachment, context: ThreadContext): HTMLElement {
  const alt = fill(context.texts.picture, { name: attachment.name });
  const button = el("button", { type: "button", class: "picture", "aria-label": alt });
  button.addEventListener("click", () => void openFile(button, attachment.id, context));
  void context.actions.fileUrl(attachment.id).then((url) => {
    const asFile = (): void => button.replaceWith(drawFile(attachment, context));
    if (url === null) return asFile();
    const image = el("img", { src: url, alt: "", referrerpolicy: "no-referrer" });
    // The page's own policy may forbid pictures from elsewhere; the file can still be opened.
    image.addEventListener("error", asFile);
    button.append(image);
  });
  return button;
}

function drawState(row: MessageRow, { texts, formats, actions }: ThreadContext): HTMLElement | null {
  const parts: (Node | string)[] = [];
  if (row.isLastOfGroup || row.isStateShown) {
    if (row.isByEmail) parts.push(`${texts.byEmail} · `);
    if (row.clientId === null) parts.push(el("time", { datetime: new Date(row.at).toISOString() }, formats.time(row.at)));
  }
  if (row.isStateShown && row.state === "failed" && row.clientId !== null) {
    const { clientId } = row;
    const retry = el("button", { type: "button", class: "link" }, texts.retry);
    const discard = el("button", { type: "button", class: "link" }, texts.discard);
    retry.addEventListener("click", () => actions.retry(clientId));
    discard.addEventListener("click", () => actions.discard(clientId));
    const why = texts[refusals[row.refusal ?? ""] ?? "refused"];
    parts.push(el("span", { class: "bad" }, `${texts.notSent}: ${why}`), " · ", retry, " · ", discard);
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
  const pictures = row.attachments.filter(({ type }) => PICTURE_TYPES.has(type) && row.clientId === null);
  const files = row.attachments.filter((attachment) => !pictures.includes(attachment));
  return el(
    "div",
    { class: classes.filter(Boolean).join(" ") },
    isNamed && el("div", { class: "author", dir: "auto" }, name),
    !isNamed && row.side !== "system" && el("span", { class: "unseen" }, `${name}: `),
    row.text !== "" && el("div", { class: "bubble" }, drawText(row.text)),
    ...pictures.map((picture) => drawPicture(picture, context)),
    ...files.map((file) => drawFile(file, context)),
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
