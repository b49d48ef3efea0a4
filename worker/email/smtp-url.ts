/** `SMTP_URL` as a configuration. Pure. */

export type SmtpSecurity =
  /** `smtp://`: STARTTLS when it is offered. */
  | "opportunistic"
  /** `smtp+starttls://`: STARTTLS or nothing. */
  | "starttls"
  /** `smtps://`: TLS from the first byte. */
  | "tls";

export interface SmtpConfig {
  hostname: string;
  port: number;
  security: SmtpSecurity;
  credentials: { username: string; password: string } | null;
}

export type SmtpUrl = { kind: "ok"; config: SmtpConfig } | { kind: "problem"; reason: string };

const SCHEMES: Record<string, { security: SmtpSecurity; port: number }> = {
  "smtp:": { security: "opportunistic", port: 587 },
  "smtp+starttls:": { security: "starttls", port: 587 },
  "smtps:": { security: "tls", port: 465 },
};

/** Reasons never repeat the URL: it holds a password, and they are logged. */
export function parseSmtpUrl(text: string): SmtpUrl {
  if (!URL.canParse(text)) return { kind: "problem", reason: "SMTP_URL is not a URL." };
  const url = new URL(text);
  const scheme = SCHEMES[url.protocol];
  if (scheme === undefined) return { kind: "problem", reason: "SMTP_URL must begin with smtp://, smtp+starttls:// or smtps://." };
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (hostname === "") return { kind: "problem", reason: "SMTP_URL names no host." };
  const username = decode(url.username);
  const password = decode(url.password);
  if (username === null || password === null || /[\r\n\0]/.test(username + password)) {
    return { kind: "problem", reason: "The user or password in SMTP_URL is not properly percent-encoded." };
  }
  const port = url.port === "" ? scheme.port : Number(url.port);
  const credentials = username === "" ? null : { username, password };
  return { kind: "ok", config: { hostname, port, security: scheme.security, credentials } };
}

/** Whether nobody else can listen between us and this host. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
