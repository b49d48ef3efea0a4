import DOMPurify from "dompurify";
import { findOtherTarget } from "./link-target.ts";

const FORBIDDEN_TAGS = [
  ..."style form input button select option textarea svg math link meta base object embed iframe frame frameset template".split(
    " ",
  ),
  ..."noscript audio video source track picture dialog slot".split(" "),
];
/** Addresses of images wait in `data-` attributes, which a browser does not load. */
const WAITING = { contentId: "data-cid", remote: "data-remote-src", host: "data-host" } as const;
const DATA_IMAGE = /^data:image\/(?:png|jpeg|gif|webp);base64,/iu;
const FETCHING_STYLE = /\\|\/\*|@|(?:url|image|image-set|cross-fade|src|var|env|attr|element|expression|paint)\s*\(/iu;

export interface MailDocumentOptions {
  /** Signed addresses of the mail's own pictures, by their Content-ID. */
  images: ReadonlyMap<string, string>;
  /** Signed addresses, of ours too, for pictures of other servers by theirs: empty until somebody asks for them. */
  remotes: ReadonlyMap<string, string>;
}

/** What the hook below applies; the cleaner works through one mail at a time. */
let current: MailDocumentOptions = { images: new Map(), remotes: new Map() };

const purifier = DOMPurify(window);
purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node instanceof window.HTMLAnchorElement && node.hasAttribute("href")) guardLink(node);
  if (node instanceof window.HTMLImageElement) placeImage(node, current);
  // The server lets none of these through; the frame's policy would stop what they load.
  if (FETCHING_STYLE.test(node.getAttribute("style") ?? "")) node.removeAttribute("style");
});

function guardLink(link: HTMLAnchorElement): void {
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  showRealHost(link);
}

/** A link whose text names another place than it leads to says where it leads. */
function showRealHost(link: HTMLAnchorElement): void {
  const target = findOtherTarget(readText(link), link.href);
  if (target !== null) link.append(` [${target}]`);
}

/** Its words, and those that stand for its pictures. */
function readText(link: HTMLAnchorElement): string {
  const pictures = [...link.querySelectorAll("img[alt]")].map((image) => image.getAttribute("alt") ?? "");
  return [link.textContent ?? "", ...pictures].join(" ");
}

/** Only what is known here gets an address: the mail's own pictures, those inside the HTML, and remote ones on request. */
function placeImage(image: HTMLImageElement, { images, remotes }: MailDocumentOptions): void {
  const inside = image.getAttribute("src") ?? "";
  const own = images.get(image.getAttribute(WAITING.contentId) ?? "");
  const remote = remotes.get(image.getAttribute(WAITING.remote) ?? "");
  for (const name of ["src", ...Object.values(WAITING)]) image.removeAttribute(name);
  if (own !== undefined) image.setAttribute("src", own);
  else if (DATA_IMAGE.test(inside)) image.setAttribute("src", inside);
  else if (remote !== undefined) image.setAttribute("src", remote);
}

/** The content of a mail's frame: cleaned HTML under a policy of its own, in which nothing runs and nothing is fetched. */
export function makeMailDocument(html: string, options: MailDocumentOptions): string {
  current = options;
  const clean = purifier.sanitize(html, {
    FORBID_TAGS: FORBIDDEN_TAGS,
    FORBID_ATTR: ["srcset", "background", "ping", "poster", "action", "formaction", "id", "name", "class"],
    ALLOW_DATA_ATTR: false,
    ADD_ATTR: Object.values(WAITING),
  });
  const origins = new Set([...options.images.values(), ...options.remotes.values()].map((url) => new URL(url).origin));
  const images = ["data:", ...origins].join(" ");
  const policy = `default-src 'none'; img-src ${images}; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'`;
  const style =
    "body{margin:0;padding:12px;font:14px/1.5 system-ui,sans-serif;color:#1d1c1a;background:#fff;overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}a{color:#4f4bbd}";
  return `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer"><style>${style}</style></head><body>${clean}</body></html>`;
}

export function hasRemoteImages(html: string): boolean {
  return html.includes(` ${WAITING.remote}="`);
}

/** Content-IDs of the pictures that the HTML shows. */
export const findContentIds = (html: string): Set<string> => findWaiting(html, WAITING.contentId);

/** Addresses of its pictures of other servers. */
export const findRemoteImages = (html: string): Set<string> => findWaiting(html, WAITING.remote);

function findWaiting(html: string, name: string): Set<string> {
  const page = new DOMParser().parseFromString(html, "text/html");
  return new Set([...page.querySelectorAll(`img[${name}]`)].map((image) => image.getAttribute(name) ?? ""));
}
