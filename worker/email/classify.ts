import type { MailClass } from "./mail.ts";
import { firstHeader, type MailHeaders } from "./mail-headers.ts";

/** What kind of mail this is. The own loop is decided where mailboxes and rates are known. */

export interface MailFacts {
  headers: MailHeaders;
  /** Media types of all parts that are no body text, lower-case. */
  partTypes: readonly string[];
  /** Address of the author; null where there is none. */
  from: string | null;
  subject: string;
  /** The body as text. */
  text: string;
}

const BODY_LENGTH_MAX = 20_000; // characters looked at

const DAEMON =
  /^(?:mailer-daemon|mailerdaemon|mail-daemon|mailer_daemon|postmaster|mail\.?delivery|maildelivery|bounces?|mdaemon|double-bounce)(?:[+=._-].*)?$/i;

const BOUNCE_SUBJECT = new RegExp(
  "^(?:re: ?)?(?:undeliver(?:able|ed)|(?:mail )?delivery (?:status notification|failure|failed|has failed|report|problem|incomplete|delayed)|mail delivery (?:failed|system|" +
    "subsystem)|returned mail|failure notice|mail system error|message (?:undeliverable|status)|non[- ]?(?:remis|delivery)|delivery notification|warning: (?:could not send|" +
    "message|mail)|mail could not be delivered|rejected mail|unzustellbar|mail delivery|nicht zustellbar|zustellung|no se puede entregar|no entregad|error de entrega|" +
    "échec de la remise|non remis|mancata consegna|messaggio non recapitato|onbestelbaar|não entregue|недоставленное|olevererbart|niet afgeleverd|notificación de estado de entrega)",
  "i",
);

const BOUNCE_PHRASE =
  /\b5\d\d[ -]5\.\d{1,3}\.\d{1,3}\b|\b55[0-4]\b[^\n]{0,100}(?:user|mailbox|recipient|address|unknown|relay|blocked|rejected)|(?:could|was) not (?:be )?deliver|permanent (?:fatal )?error|returned to sender|does not exist|no such user|user unknown|mailbox (?:full|unavailable|not found)|undeliverable|quota exceeded|still being retried|could not send message|deliver(?:y|ed) to the following recipient/i;

const AUTO_SUBJECT = new RegExp(
  "^(?:re: ?)?(?:\\[?(?:auto(?:matic|mated|mático|matica|matische|matisch)?|réponse auto\\w*|autosvar|autoantwort|automaattinen)[ -:]{0,3}(?:reply|response|respuesta|answer|antwort|" +
    "svar|vastaus|risposta|antwoord|matique|:)|auto[- ]?(?:reply|response|responder)|out of (?:the )?office|out-of-office|ooo[: ]|i am out of|away from (?:my|the) (?:office|desk|mail)|" +
    "on vacation|vacation (?:reply|response|notice)|respuesta automática|fuera de (?:la )?oficina|ausente|réponse automatique|réponse d'absence|absence du bureau|abwesenheit|" +
    "automatische antwort|ich bin nicht im (?:büro|haus)|risposta automatica|fuori (?:sede|ufficio)|automatisch antwoord|afwezig|resposta automática|ausência temporária|fora do escritório|" +
    "automatisk svar|automatiskt svar|frånvaro|fraværende|poissa|automaattinen vastaus|odpowiedź automatyczna|autoodpowiedź|nieobecność|automatická odpověď|automatická odpoveď|" +
    "automatikus válasz|házon kívül|răspuns automat|автоответ|автоматический ответ|автоматична відповідь|отсутствую|otomatik yanıt|ofis dışında|自動応答|自動返信|不在通知|自动回复|自動回覆|자동 응답|부재중)",
  "iu",
);

/** The type with its parameters, in lower case. */
function contentType(headers: MailHeaders): string {
  return firstHeader(headers, "content-type").toLowerCase();
}

function isReport(facts: MailFacts, reportType: string): boolean {
  const type = contentType(facts.headers);
  return type.startsWith("multipart/report") && type.replace(/["\s]/g, "").includes(`report-type=${reportType}`);
}

/** Sent by a mail server, or by one that names itself as such. */
export function isDaemon(from: string | null): boolean {
  return from !== null && DAEMON.test(from.slice(0, from.lastIndexOf("@")));
}

function isBounce(facts: MailFacts): boolean {
  if (isReport(facts, "delivery-status") || facts.partTypes.includes("message/delivery-status")) return true;
  if (firstHeader(facts.headers, "x-failed-recipients")) return true;
  // Old servers send a plain text; an empty return path (RFC 5321 §4.5.5) is as good as a daemon's name.
  const isNameless = facts.from === null || firstHeader(facts.headers, "return-path").trim() === "<>";
  if (!isDaemon(facts.from) && !(isNameless && BOUNCE_SUBJECT.test(facts.subject))) return false;
  return BOUNCE_SUBJECT.test(facts.subject) || BOUNCE_PHRASE.test(facts.text.slice(0, BODY_LENGTH_MAX));
}

/** RFC 3834 §5: the keyword before any parameter. */
export function readAutoSubmitted(headers: MailHeaders): string | null {
  return (
    firstHeader(headers, "auto-submitted")
      .split(/[;\s(]/)[0]
      ?.toLowerCase() || null
  );
}

function isAutoReply(facts: MailFacts): boolean {
  const auto = readAutoSubmitted(facts.headers);
  if (auto !== null && auto !== "no") return true;
  const has = (name: string): boolean =>
    !["", "no", "none", "false", "0"].includes(firstHeader(facts.headers, name).trim().toLowerCase());
  if (["x-autoreply", "x-autorespond", "x-auto-reply", "x-autoreply-from", "x-autoresponder"].some(has)) return true;
  if (/^auto[_-]?reply/i.test(firstHeader(facts.headers, "precedence")) || has("x-mail-autoreply")) return true;
  return AUTO_SUBJECT.test(facts.subject);
}

function isList(headers: MailHeaders): boolean {
  if (firstHeader(headers, "list-id") || firstHeader(headers, "list-unsubscribe")) return true;
  return /^\s*(?:list|bulk|junk)\b/i.test(firstHeader(headers, "precedence"));
}

/** First class that fits, in the order complaint, receipt, bounce, auto-reply, list, person. */
export function classifyMail(facts: MailFacts): MailClass {
  if (isReport(facts, "feedback-report") || facts.partTypes.includes("message/feedback-report")) return "complaint";
  if (isReport(facts, "disposition-notification") || facts.partTypes.includes("message/disposition-notification"))
    return "receipt";
  if (isBounce(facts)) return "bounce";
  if (isAutoReply(facts)) return "auto-reply";
  return isList(facts.headers) ? "list" : "person";
}
