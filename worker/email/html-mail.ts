/**
 * HTML of inbound mail, made safe to keep and to send to the inbox, which sanitises it once more and shows it in
 * a frame without scripts or origin. Nothing in the result makes a browser load anything.
 */
import sanitizeHtml from "sanitize-html";
import { sanitiseStyle } from "./html-styles.ts";
import { ATTRIBUTES_LENGTH_MAX } from "./html-tokens.ts";

/** Bytes of UTF-8; larger mails are shown as text, with the original to download. */
const HTML_BYTES_MAX = 1_000_000;
export const HTML_LINKS_MAX = 5_000;
/** `<`, and as many `&`: cleaning takes some microseconds for each, in one go. */
export const HTML_TAGS_MAX = 20_000;
/** Elements inside each other; mails that nest deeper do so to break readers. */
const NESTING_MAX = 200;
/** UTF-16 code units of a link or an image's address. */
const URL_LENGTH_MAX = 4_000;
/** UTF-16 code units of the attributes of an element that has a style; in half of what is looked at when hidden text is looked for. */
const STYLED_LENGTH_MAX = ATTRIBUTES_LENGTH_MAX / 2;
/** UTF-16 code units of an image inside the HTML itself. */
const DATA_IMAGE_LENGTH_MAX = 200_000;

export interface MailHtml {
  html: string;
  /** Whether there are images that would be loaded from elsewhere: they wait in `data-remote-src` for a click. */
  hasRemoteImages: boolean;
  /** Content-IDs of attached images, which wait in `data-cid`. */
  contentIds: string[];
}

const TAGS = [
  ..."a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup".split(" "),
  ..."dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li".split(" "),
  ..."main mark nav ol p pre q rp rt ruby s samp section small span strike strong sub sup table tbody td".split(" "),
  ..."tfoot th thead time tr tt u ul var wbr".split(" "),
];
/** Gone with what is in them; of other forbidden elements the content stays. */
const TAGS_WITHOUT_TEXT = [
  ..."applet button embed frame frameset head iframe input math noembed noframes noscript object option".split(" "),
  ..."script select style svg template textarea title xml xmp".split(" "),
];

export interface HtmlLimits {
  /** UTF-16 code units. */
  length: number;
  /** Of each of `<` and `&`. */
  marks: number;
}

/** What is cleaned for somebody who asks for it; less is cleaned while a mail is taken up. */
const ASKED_LIMITS: HtmlLimits = { length: HTML_BYTES_MAX, marks: HTML_TAGS_MAX };

/** Null where the HTML is beyond the limits: then the text is shown. */
export function sanitiseMailHtml(html: string, limits = ASKED_LIMITS): MailHtml | null {
  if (html.length > limits.length || hasMore(html, "<", limits.marks) || hasMore(html, "&", limits.marks)) return null;
  if (isTooLarge(html) || countMatches(html, /<a[\s/]/gi) > HTML_LINKS_MAX) return null;
  const found = { hasRemoteImages: false, contentIds: new Set<string>() };
  const safe = sanitizeHtml(html, {
    allowedTags: TAGS,
    nonTextTags: TAGS_WITHOUT_TEXT,
    allowedAttributes: {
      "*": ["align", "bgcolor", "dir", "lang", "style", "title", "valign"],
      a: ["href", "rel", "target", "data-host"],
      img: ["alt", "data-cid", "data-remote-src", "height", "src", "width"],
      font: ["color", "face", "size"],
      ol: ["start", "type"],
      li: ["value"],
      table: ["border", "cellpadding", "cellspacing", "height", "width"],
      td: ["colspan", "height", "nowrap", "rowspan", "width"],
      th: ["colspan", "height", "nowrap", "rowspan", "scope", "width"],
      col: ["span", "width"],
      time: ["datetime"],
    },
    allowedSchemes: ["http", "https", "mailto", "tel"],
    allowedSchemesByTag: { img: ["data"] },
    allowedSchemesAppliedToAttributes: ["href", "src"],
    allowProtocolRelative: false,
    // Styles are filtered below, without a CSS parser that a hostile mail could keep busy.
    parseStyleAttributes: false,
    nestingLimit: NESTING_MAX,
    transformTags: {
      // One for all: sanitize-html runs `*` after those of a tag, and would undo them.
      "*": (tagName, attribs) => {
        if (tagName === "a")
          return { tagName, attribs: { ...cleanAttributes(withoutFarStyle(attribs)), ...describeLink(attribs["href"]) } };
        if (tagName !== "img") return { tagName, attribs: cleanAttributes(withoutFarStyle(attribs)) };
        const source = describeImage(attribs["src"]);
        if (source["data-remote-src"] !== undefined) found.hasRemoteImages = true;
        if (source["data-cid"] !== undefined) found.contentIds.add(source["data-cid"]);
        return { tagName, attribs: { ...cleanAttributes(attribs), ...source } };
      },
    },
  });
  // Escaping can make it longer than what came in.
  if (isTooLarge(safe)) return null;
  return { html: safe, hasRemoteImages: found.hasRemoteImages, contentIds: [...found.contentIds] };
}

type Attributes = Record<string, string>;

/** Without addresses, which only links and images get back, and without `data-` of the sender's own making. */
function cleanAttributes(attribs: Attributes): Attributes {
  const kept = Object.entries(attribs).filter(
    ([name]) => !["href", "src", "rel", "target", "style"].includes(name) && !name.startsWith("data-"),
  );
  const style = sanitiseStyle(attribs["style"] ?? "");
  return { ...Object.fromEntries(kept), ...(style === "" ? {} : { style }) };
}

/** Nobody has looked at a style that stands behind so much else: it could hide a text. */
function withoutFarStyle(attribs: Attributes): Attributes {
  const length = Object.entries(attribs).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return length > STYLED_LENGTH_MAX ? { ...attribs, style: "" } : attribs;
}

/** `data-host` is where a link really leads, for the inbox to show where its text says something else. */
function describeLink(href: string | undefined): Attributes {
  const url = (href ?? "").trim();
  if (url.length > URL_LENGTH_MAX || !URL.canParse(url)) return {};
  const { protocol, hostname } = new URL(url);
  if (!["http:", "https:", "mailto:", "tel:"].includes(protocol)) return {};
  const host: Attributes = hostname === "" ? {} : { "data-host": hostname };
  return { href: url, target: "_blank", rel: "noopener noreferrer nofollow ugc", ...host };
}

function describeImage(src: string | undefined): Attributes {
  const url = (src ?? "").trim();
  if (/^cid:/i.test(url)) return describeContentId(url.slice("cid:".length));
  if (/^data:image\/(?:png|jpeg|gif|webp);base64,[a-z0-9+/=\s]*$/i.test(url))
    return url.length <= DATA_IMAGE_LENGTH_MAX ? { src: url } : {};
  // A missing scheme means https: in a mail there is no page to inherit it from.
  const absolute = url.startsWith("//") ? `https:${url}` : url;
  const isRemote = absolute.length <= URL_LENGTH_MAX && URL.canParse(absolute) && /^https?:/i.test(absolute);
  return isRemote ? { "data-remote-src": absolute } : {};
}

/** Without brackets, as attachments name theirs. */
function describeContentId(text: string): Attributes {
  const id = decodePercent(text).replace(/^<|>$/g, "");
  return id === "" || id.length > URL_LENGTH_MAX ? {} : { "data-cid": id };
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isTooLarge(html: string): boolean {
  return html.length > HTML_BYTES_MAX || new TextEncoder().encode(html).length > HTML_BYTES_MAX;
}

function hasMore(html: string, mark: string, max: number): boolean {
  let count = 0;
  for (let at = html.indexOf(mark); at >= 0; at = html.indexOf(mark, at + 1)) if (++count > max) return true;
  return false;
}

function countMatches(html: string, pattern: RegExp): number {
  return html.match(pattern)?.length ?? 0;
}
