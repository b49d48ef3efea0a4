/** The page's words. */
export type Language = "en" | "es";

export const language: Language = navigator.language.toLowerCase().startsWith("es") ? "es" : "en";

const ENGLISH = {
  title: "Demo mailbox",
  purpose: "Everything that Hilo mails to customers",
  write: "New mail",
  live: "Live",
  offline: "Reconnecting…",
  everybody: "Everybody",
  showMailsOf: "Show mails of",
  noMails: "No mails yet",
  noMailsHint: "When Hilo sends a mail to a customer, it arrives here. Or write to one of your mailboxes as a customer would.",
  choose: "Choose a mail",
  chooseHint: "Read it as your customer sees it, and answer it.",
  you: "Sent to Hilo",
  from: "From",
  to: "To",
  back: "Back to the list",
  formatted: "Formatted",
  plain: "Text",
  raw: "Raw mail",
  headers: "All headers",
  attachments: "Attachments",
  contents: "Content of the mail",
  replyTo: "Reply to",
  replyHint: "Answer as the customer…",
  send: "Send",
  sending: "Sending…",
  sent: "Delivered to Hilo",
  refused: "Hilo refused it",
  yourAddress: "Your address",
  yourName: "Your name",
  mailbox: "To (a mailbox in Hilo)",
  subject: "Subject",
  text: "Message",
  cancel: "Cancel",
  noSubject: "(no subject)",
};

const SPANISH: typeof ENGLISH = {
  title: "Buzón de prueba",
  purpose: "Todo lo que Hilo envía por correo a los clientes",
  write: "Nuevo correo",
  live: "En directo",
  offline: "Reconectando…",
  everybody: "Todos",
  showMailsOf: "Mostrar los correos de",
  noMails: "Todavía no hay correos",
  noMailsHint:
    "Cuando Hilo envía un correo a un cliente, llega aquí. También puedes escribir a uno de tus buzones como lo haría un cliente.",
  choose: "Elige un correo",
  chooseHint: "Léelo como lo ve tu cliente y respóndelo.",
  you: "Enviado a Hilo",
  from: "De",
  to: "Para",
  back: "Volver a la lista",
  formatted: "Con formato",
  plain: "Texto",
  raw: "Correo original",
  headers: "Todas las cabeceras",
  attachments: "Adjuntos",
  contents: "Contenido del correo",
  replyTo: "Responder a",
  replyHint: "Responde como el cliente…",
  send: "Enviar",
  sending: "Enviando…",
  sent: "Entregado a Hilo",
  refused: "Hilo lo ha rechazado",
  yourAddress: "Tu dirección",
  yourName: "Tu nombre",
  mailbox: "Para (un buzón de Hilo)",
  subject: "Asunto",
  text: "Mensaje",
  cancel: "Cancelar",
  noSubject: "(sin asunto)",
};

export const texts = language === "es" ? SPANISH : ENGLISH;

const DAY_MS = 86_400_000;

/** The hour for what is recent, else the day. */
export function formatShort(at: number): string {
  const isRecent = Date.now() - at < DAY_MS;
  const options: Intl.DateTimeFormatOptions = isRecent
    ? { hour: "numeric", minute: "2-digit" }
    : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(navigator.language, options).format(at);
}

export const formatLong = (at: number): string =>
  new Intl.DateTimeFormat(navigator.language, { dateStyle: "medium", timeStyle: "short" }).format(at);

const KIB = 1024;

export function formatSize(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte"];
  const step = Math.min(units.length - 1, bytes < KIB ? 0 : Math.floor(Math.log(bytes) / Math.log(KIB)));
  const options: Intl.NumberFormatOptions = {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: 1,
  };
  return new Intl.NumberFormat(navigator.language, options).format(bytes / KIB ** step);
}
