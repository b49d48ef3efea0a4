/**
 * Whether a site may embed the widget. Pure.
 *
 * @param allowed origins such as `https://example.com` or `https://*.example.com`; empty allows every site
 */
export function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  return allowed.length === 0 || allowed.some((pattern) => matches(origin.toLowerCase(), pattern.toLowerCase()));
}

function matches(origin: string, pattern: string): boolean {
  const [scheme, host] = pattern.split("://");
  if (host?.startsWith("*.") !== true) return origin === pattern;
  const suffix = host.slice(1);
  const [originScheme, originHost] = origin.split("://");
  return originScheme === scheme && originHost !== undefined && originHost.endsWith(suffix) && originHost.length > suffix.length;
}

/**
 * Whether the settings name this very site, so that mails may: in full, by https, or on one's own machine. What a pattern
 * or an empty list lets in is named in no mail. Pure.
 */
export function isNamedOrigin(origin: string, allowed: readonly string[]): boolean {
  const isKnown = allowed.some((pattern) => !pattern.includes("*") && pattern.toLowerCase() === origin.toLowerCase());
  return isKnown && (origin.startsWith("https://") || /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin));
}
