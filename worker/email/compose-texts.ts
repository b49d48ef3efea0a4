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
  },
  es: {
    fromAgent: (agent, company) => `${agent} de ${company}`,
    chatSubject: (company) => `Tu conversación con ${company}`,
    transcriptTitle: (timeZone) => `Nuestra conversación hasta ahora (horas: ${timeZone})`,
    earlierLeftOut: "Los mensajes anteriores no se incluyen.",
    files: "Archivos",
    filesExpire: (day) => `Estos enlaces funcionan hasta el ${day}.`,
    unnamedVisitor: "Tú",
  },
};
