/** The fixed texts of outgoing mail, in the languages that Hilo speaks. */
import type { ReplyMarkerLocale } from "./reply-marker.ts";

export interface MailTexts {
  fromAgent: (agent: string, company: string) => string;
  chatSubject: (company: string) => string;
  transcriptTitle: (timeZone: string) => string;
  earlierLeftOut: string;
  files: string;
  filesExpire: (day: string) => string;
  unnamedVisitor: string;
  /** Automatic answers, of both kinds. */
  receiptSubject: string;
  receipt: (company: string) => string;
  outOfHours: (company: string) => string;
  /** The test mail of the mailbox settings. */
  testSubject: (mailbox: string) => string;
  testText: (mailbox: string) => string;
}

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
    receipt: (company) => `Thank you for writing to ${company}. Your message has arrived, and somebody will answer it here.`,
    outOfHours: (company) =>
      `Thank you for writing to ${company}. We are not at our desks right now; somebody will answer you here when we are back.`,
    testSubject: (mailbox) => `Test mail from ${mailbox}`,
    testText: (mailbox) => `This mail was sent from the settings of Hilo. It has arrived, so ${mailbox} can send.`,
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
    receipt: (company) => `Gracias por escribir a ${company}. Tu mensaje ha llegado y alguien te responderá aquí.`,
    outOfHours: (company) =>
      `Gracias por escribir a ${company}. Ahora mismo no estamos; alguien te responderá aquí cuando volvamos.`,
    testSubject: (mailbox) => `Correo de prueba de ${mailbox}`,
    testText: (mailbox) => `Este correo se ha enviado desde los ajustes de Hilo. Ha llegado, así que ${mailbox} puede enviar.`,
  },
};
