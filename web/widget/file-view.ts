/** Draws a file of a message: pictures as themselves, everything else as a button that opens it. */
import type { Attachment } from "../../durable-objects/conversation/protocol.ts";
import { el, icon } from "./dom.ts";
import { fileTexts } from "./file-texts.ts";
import { fill } from "./texts.ts";

const PICTURE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

interface FileContext {
  readonly locale: "en" | "es";
  readonly size: (bytes: number) => string;
  /** A signed address of a file, or null where it can't be had. */
  readonly fileUrl: (id: string) => Promise<string | null>;
}

/** Opens a file by a fresh address: the one that was shown may have expired. */
async function openFile(button: HTMLButtonElement, id: string, context: FileContext): Promise<void> {
  button.disabled = true;
  const url = await context.fileUrl(id);
  button.disabled = false;
  if (url === null) {
    button.title = fileTexts[context.locale].fileFailed;
    button.classList.add("failed");
    return;
  }
  const link = el("a", { href: url, target: "_blank", rel: "noopener noreferrer" });
  button.after(link);
  link.click();
  link.remove();
}

function drawLink(attachment: Attachment, context: FileContext): HTMLElement {
  const { id, name, size } = attachment;
  const label = fill(fileTexts[context.locale].download, { name, size: context.size(size) });
  const button = el(
    "button",
    { type: "button", class: "file", "aria-label": label },
    icon("file"),
    el("span", { class: "file-name", dir: "auto" }, name),
    el("span", { class: "file-size" }, context.size(size)),
  );
  button.addEventListener("click", () => void openFile(button, id, context));
  return button;
}

function drawPicture(attachment: Attachment, context: FileContext): HTMLElement {
  const alt = fill(fileTexts[context.locale].picture, { name: attachment.name });
  const button = el("button", { type: "button", class: "picture", "aria-label": alt });
  button.addEventListener("click", () => void openFile(button, attachment.id, context));
  void context.fileUrl(attachment.id).then((url) => {
    const asFile = (): void => button.replaceWith(drawLink(attachment, context));
    if (url === null) return asFile();
    const image = el("img", { src: url, alt: "", referrerpolicy: "no-referrer" });
    // The page's own policy may forbid pictures from elsewhere; the file can still be opened.
    image.addEventListener("error", asFile);
    button.append(image);
  });
  return button;
}

export const drawFile = (attachment: Attachment, context: FileContext): HTMLElement =>
  PICTURE_TYPES.has(attachment.type) ? drawPicture(attachment, context) : drawLink(attachment, context);
