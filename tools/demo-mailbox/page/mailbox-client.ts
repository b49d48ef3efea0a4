/** What the page asks of its server. The answers are this program's own. */
import type { MailDetail, MailSummary } from "../mail-view.ts";
import { language } from "./texts.ts";

/** The shapes are made by the server that also serves this page. */
async function get<T>(path: string): Promise<T> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

export const loadMails = (): Promise<{ items: MailSummary[] }> => get("/api/mails?direction=all");
export const loadMail = (id: string): Promise<MailDetail> => get(`/api/mails/${id}`);

export type Outcome = { isSent: true } | { isSent: false; reason: string };

async function post(path: string, body: object): Promise<Outcome> {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return { isSent: true };
    const { error }: { error?: string } = await response.json();
    return { isSent: false, reason: error ?? String(response.status) };
  } catch (error) {
    return { isSent: false, reason: String(error) };
  }
}

export const sendReply = (id: string, text: string): Promise<Outcome> => post(`/api/mails/${id}/reply`, { text, language });
export const sendMail = (mail: Record<string, string>): Promise<Outcome> => post("/api/send", mail);

/** @param onLive whether the connection stands */
export function watchMails(onChange: () => void, onLive: (isLive: boolean) => void): void {
  const events = new EventSource("/api/events");
  events.addEventListener("open", () => {
    onLive(true);
    // What came while the connection was away.
    onChange();
  });
  events.addEventListener("error", () => onLive(false));
  events.addEventListener("change", onChange);
}
