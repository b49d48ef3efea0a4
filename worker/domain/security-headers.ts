/**
 * The headers that browsers are given, whichever door answers (T24). Pure: the Worker sets them on all that passes through
 * it, and the inbox's build writes them into `_headers` for the files that Cloudflare serves without asking the Worker.
 */

/** A year, as caches and browsers understand *for good*. */
const FOR_GOOD_S = 31_536_000;
/** Seconds for which a site's visitors may keep the loader, and use it while a newer one is fetched. */
const LOADER_FRESH_S = 300;
const LOADER_STALE_S = 86_400;

/** Only what never changes under its name: the name carries a hash of what is in it. */
export const FOR_GOOD = `public, max-age=${FOR_GOOD_S}, immutable`;

type HeaderList = Readonly<Record<string, string>>;

/** Browsers ignore it where it did not come over TLS (RFC 6797, section 8.1). Subdomains are their owner's to decide. */
export const HTTPS_ONLY: HeaderList = { "Strict-Transport-Security": `max-age=${FOR_GOOD_S}` };

const EVERYWHERE: HeaderList = {
  "X-Content-Type-Options": "nosniff",
  "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
};

/** Where a door says nothing else: an answer is data, and nothing in it runs, loads, or is framed. */
export const DATA_HEADERS: HeaderList = {
  ...EVERYWHERE,
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/**
 * The inbox reaches its own host and nothing else: `'self'` means its sockets too, and pictures of other servers come
 * through ours (`worker/api/pictures.ts`). The frames that mails are shown in inherit this policy, so inline styles are
 * allowed, and pictures that a mail carries inside its HTML (`data:`). Frames of `blob:` show PDF files.
 */
const INBOX_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "frame-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

export const INBOX_HEADERS: HeaderList = {
  ...EVERYWHERE,
  // Some pages are opened with a token in their fragment; nobody needs to know of any of them.
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": INBOX_POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "X-Frame-Options": "DENY",
};

/** The content of `_headers`, which Cloudflare's static files and Pages read. */
export function formatHeadersFile(): string {
  const rules: readonly (readonly [path: string, headers: HeaderList])[] = [
    ["/*", { ...HTTPS_ONLY, ...INBOX_HEADERS }],
    ["/assets/*", { "Cache-Control": FOR_GOOD }],
    [
      "/widget.js",
      {
        "Cache-Control": `public, max-age=${LOADER_FRESH_S}, stale-while-revalidate=${LOADER_STALE_S}`,
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
      },
    ],
  ];
  return rules.map(([path, headers]) => [path, ...Object.entries(headers).map(formatLine), ""].join("\n")).join("\n");
}

function formatLine([name, value]: [string, string]): string {
  return `  ${name}: ${value}`;
}
