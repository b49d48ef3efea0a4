/** The name of a language or region in the agent's language; what is no valid code is shown as it came. */
export function displayName(type: "language" | "region", code: string, locale: string): string {
  try {
    return new Intl.DisplayNames(locale, { type }).of(code) ?? code;
  } catch {
    return code;
  }
}

const BROWSERS = [
  [/Edg(?:e|A|iOS)?\/(\d+)/u, "Edge"],
  [/OPR\/(\d+)/u, "Opera"],
  [/(?:Firefox|FxiOS)\/(\d+)/u, "Firefox"],
  [/(?:Chrome|CriOS)\/(\d+)/u, "Chrome"],
  [/Version\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari/u, "Safari"],
] as const;
const SYSTEMS = [
  [/iPhone|iPad/u, "iOS"],
  [/Android/u, "Android"],
  [/Windows/u, "Windows"],
  [/Mac OS X/u, "macOS"],
  [/Linux|CrOS/u, "Linux"],
] as const;

/** `Firefox 128, Windows`; a browser that is not known is shown as it named itself. */
export function browserName(userAgent: string): string {
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  for (const [pattern, name] of BROWSERS) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return [`${name} ${version}`, system].filter(Boolean).join(", ");
  }
  return userAgent;
}
