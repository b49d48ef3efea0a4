import DOMPurify from "dompurify";

const FORBIDDEN_TAGS = [
  "style",
  "form",
  "input",
  "button",
  "select",
  "textarea",
  "svg",
  "math",
  "link",
  "meta",
  "base",
  "object",
  "iframe",
];

const purifier = DOMPurify(window);
purifier.addHook("afterSanitizeAttributes", (node) => {
  if (!(node instanceof window.HTMLAnchorElement) || !node.hasAttribute("href")) return;
  node.target = "_blank";
  node.rel = "noopener noreferrer nofollow";
  showRealHost(node);
});

const NAMED_HOST = /^\s*(?:https?:\/\/)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?:[/?#:]\S*)?\s*$/u;

/** A link whose text names another place than it leads to says where it leads. */
function showRealHost(link: HTMLAnchorElement): void {
  const named = NAMED_HOST.exec(link.textContent ?? "")?.[1]?.toLowerCase();
  if (named === undefined || !URL.canParse(link.href)) return;
  const { host } = new URL(link.href);
  if (host !== "" && host !== named && host !== `www.${named}`) link.append(` [${host}]`);
}

interface MailDocumentOptions {
  /** Whether pictures of other servers may be loaded; they tell the sender that the mail was opened. */
  isRemoteAllowed: boolean;
  /** Where this deployment's own files are served from. */
  origin: string;
}

/** The content of a mail's frame: cleaned HTML under a policy of its own, in which nothing runs and nothing is fetched. */
export function makeMailDocument(html: string, { isRemoteAllowed, origin }: MailDocumentOptions): string {
  const clean = purifier.sanitize(html, {
    FORBID_TAGS: FORBIDDEN_TAGS,
    FORBID_ATTR: ["srcset", "background", "ping"],
    ALLOW_DATA_ATTR: false,
  });
  const images = isRemoteAllowed ? "https: http: data:" : `${origin} data:`;
  const policy = `default-src 'none'; img-src ${images}; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'`;
  const style =
    "body{margin:0;padding:12px;font:14px/1.5 system-ui,sans-serif;color:#1d1c1a;background:#fff;overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}a{color:#4f4bbd}";
  return `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer"><style>${style}</style></head><body>${clean}</body></html>`;
}

export function hasRemoteImages(html: string): boolean {
  return /<img[^>]{0,2000}src\s*=\s*["']?\s*https?:/iu.test(html);
}
