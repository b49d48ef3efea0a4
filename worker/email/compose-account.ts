/** The mails that agents get about their own account, in their language. Pure. */
import { assertNever } from "../domain/assert-never.ts";
import type { ReplyMarkerLocale } from "./reply-marker.ts";

export type AccountMail =
  | { kind: "invitation"; url: string; inviter: string }
  | { kind: "reset"; url: string }
  | { kind: "sign-in"; url: string };

export interface AccountMailText {
  subject: string;
  paragraphs: string[];
}

interface AccountTexts {
  invitation: (company: string, inviter: string) => { subject: string; first: string; last: string };
  reset: (company: string, email: string) => { subject: string; first: string; last: string };
  signIn: (company: string, email: string) => { subject: string; first: string; last: string };
}

const TEXTS: Record<ReplyMarkerLocale, AccountTexts> = {
  en: {
    invitation: (company, inviter) => ({
      subject: `Your invitation to ${company}`,
      first: `${inviter} has invited you to the inbox in which ${company} answers its customers. Open this link and choose a password:`,
      last: "The link works once, for seven days. If you do not know what this is about, ignore this mail.",
    }),
    reset: (company, email) => ({
      subject: `A new password for ${company}`,
      first: `Somebody, probably you, has asked for a new password for ${email} at ${company}. Choose it here:`,
      last: "The link works once, for one hour. The new password ends the session on every device. If it was not you, ignore this mail: nothing has changed.",
    }),
    signIn: (company, email) => ({
      subject: `Is it you who is signing in to ${company}?`,
      first: `There were many wrong passwords for ${email}, and now somebody has given the right one on a browser that is new to us. If it is you, go on here:`,
      last: "The link works once, for thirty minutes. If it is not you, somebody knows your password: change it now.",
    }),
  },
  es: {
    invitation: (company, inviter) => ({
      subject: `Tu invitación a ${company}`,
      first: `${inviter} te ha invitado a la bandeja en la que ${company} responde a sus clientes. Abre este enlace y elige una contraseña:`,
      last: "El enlace funciona una sola vez, durante siete días. Si no sabes de qué se trata, ignora este correo.",
    }),
    reset: (company, email) => ({
      subject: `Una contraseña nueva para ${company}`,
      first: `Alguien, probablemente tú, ha pedido una contraseña nueva para ${email} en ${company}. Elígela aquí:`,
      last: "El enlace funciona una sola vez, durante una hora. La contraseña nueva cierra la sesión en todos los dispositivos. Si no has sido tú, ignora este correo: no ha cambiado nada.",
    }),
    signIn: (company, email) => ({
      subject: `¿Eres tú quien inicia sesión en ${company}?`,
      first: `Ha habido muchas contraseñas incorrectas para ${email}, y ahora alguien ha escrito la correcta en un navegador que no conocemos. Si eres tú, continúa aquí:`,
      last: "El enlace funciona una sola vez, durante treinta minutos. Si no eres tú, alguien sabe tu contraseña: cámbiala ahora.",
    }),
  },
};

export function composeAccountText(
  mail: AccountMail,
  { locale, company, email }: { locale: ReplyMarkerLocale; company: string; email: string },
): AccountMailText {
  const { subject, first, last } = wordsOf(mail, TEXTS[locale], { company, email });
  return { subject, paragraphs: [first, mail.url, last] };
}

function wordsOf(mail: AccountMail, texts: AccountTexts, { company, email }: { company: string; email: string }) {
  switch (mail.kind) {
    case "invitation":
      return texts.invitation(company, mail.inviter);
    case "reset":
      return texts.reset(company, email);
    case "sign-in":
      return texts.signIn(company, email);
    default:
      return assertNever(mail);
  }
}
