/** The fixed texts of outgoing mail, in the languages that Hilo speaks. */
import type { ReplyMarkerLocale } from "./reply-marker.ts";
import type { WordsTexts } from "./visitor-words.ts";

export interface MailTexts {
  fromAgent: (agent: string, company: string) => string;
  chatSubject: (company: string) => string;
  transcriptTitle: (timeZone: string) => string;
  earlierLeftOut: string;
  files: string;
  filesExpire: (day: string) => string;
  unnamedVisitor: string;
  /** In a mail to somebody who may not be who wrote this: in the chat, or in a contact form. */
  words: Record<"chat" | "form", WordsTexts>;
  /** Automatic answers, of both kinds. */
  receiptSubject: string;
  receipt: (company: string) => string;
  outOfHours: (company: string) => string;
  /** The test mail of the mailbox settings. */
  testSubject: (mailbox: string) => string;
  testText: (mailbox: string) => string;
  /** The mail with a code for the chat. */
  codeSubject: (code: string, company: string) => string;
  codeWho: (company: string, site: string | null) => string;
  code: (code: string) => string;
  codeLink: (link: string) => string;
  codeWarning: string;
  codeStop: (link: string) => string;
  /** Below a reply to somebody who began in the chat and has not shown that the address is theirs. */
  showInChat: (link: string) => string;
}

const LEFT_OUT_EN = { link: "[link left out]", address: "[address left out]", number: "[number left out]" };
const LEFT_OUT_ES = { link: "[enlace omitido]", address: "[dirección omitida]", number: "[número omitido]" };

export const MAIL_TEXTS: Record<ReplyMarkerLocale, MailTexts> = {
  en: {
    fromAgent: (agent, company) => `${agent} at ${company}`,
    chatSubject: (company) => `Your conversation with ${company}`,
    transcriptTitle: (timeZone) => `Our conversation so far (times: ${timeZone})`,
    earlierLeftOut: "Earlier messages are left out.",
    files: "Files",
    filesExpire: (day) => `These links work until ${day}.`,
    unnamedVisitor: "You",
    receiptSubject: "We have received your message",
    words: {
      chat: { ...LEFT_OUT_EN, cut: "… (the whole chat is in the widget)", writtenBy: "Written by somebody in our chat:" },
      form: { ...LEFT_OUT_EN, cut: "…", writtenBy: "Written by somebody in our contact form:" },
    },
    receipt: (company) => `Thank you for writing to ${company}. Your message has arrived, and somebody will answer it here.`,
    outOfHours: (company) =>
      `Thank you for writing to ${company}. We are not at our desks right now; somebody will answer you here when we are back.`,
    testSubject: (mailbox) => `Test mail from ${mailbox}`,
    testText: (mailbox) => `This mail was sent from the settings of Hilo. It has arrived, so ${mailbox} can send.`,
    codeSubject: (code, company) => `${code} is your code for the chat with ${company}`,
    codeWho: (company, site) =>
      `Somebody who chats with ${company}${site === null ? "" : ` (at ${site})`} typed your address. If it was you, type this number in the chat:`,
    code: (code) => code,
    codeLink: (link) => `Or open this link on the same device: ${link}`,
    codeWarning: "Never read this number to anybody. It works for 15 minutes. If it was not you, do nothing.",
    codeStop: (link) => `This was not me, send me no more codes: ${link}`,
    showInChat: (link) => `To see this conversation in the chat, too, open this link on the device where you began it: ${link}`,
  },
  es: {
    fromAgent: (agent, company) => `${agent} de ${company}`,
    chatSubject: (company) => `Tu conversación con ${company}`,
    transcriptTitle: (timeZone) => `Nuestra conversación hasta ahora (horas: ${timeZone})`,
    earlierLeftOut: "Los mensajes anteriores no se incluyen.",
    files: "Archivos",
    filesExpire: (day) => `Estos enlaces funcionan hasta el ${day}.`,
    unnamedVisitor: "Tú",
    receiptSubject: "Hemos recibido tu mensaje",
    words: {
      chat: {
        ...LEFT_OUT_ES,
        cut: "… (la conversación completa está en el chat de la web)",
        writtenBy: "Escrito por alguien en nuestro chat:",
      },
      form: { ...LEFT_OUT_ES, cut: "…", writtenBy: "Escrito por alguien en nuestro formulario de contacto:" },
    },
    receipt: (company) => `Gracias por escribir a ${company}. Tu mensaje ha llegado y alguien te responderá aquí.`,
    outOfHours: (company) =>
      `Gracias por escribir a ${company}. Ahora mismo no estamos; alguien te responderá aquí cuando volvamos.`,
    testSubject: (mailbox) => `Correo de prueba de ${mailbox}`,
    testText: (mailbox) => `Este correo se ha enviado desde los ajustes de Hilo. Ha llegado, así que ${mailbox} puede enviar.`,
    codeSubject: (code, company) => `${code} es tu código para el chat con ${company}`,
    codeWho: (company, site) =>
      `Alguien que chatea con ${company}${site === null ? "" : ` (en ${site})`} ha escrito tu dirección. Si has sido tú, escribe este número en el chat:`,
    code: (code) => code,
    codeLink: (link) => `O abre este enlace en el mismo dispositivo: ${link}`,
    codeWarning: "No le digas este número a nadie. Funciona durante 15 minutos. Si no has sido tú, no hagas nada.",
    codeStop: (link) => `No he sido yo, no me enviéis más códigos: ${link}`,
    showInChat: (link) =>
      `Para ver esta conversación también en el chat, abre este enlace en el dispositivo donde la empezaste: ${link}`,
  },
};
