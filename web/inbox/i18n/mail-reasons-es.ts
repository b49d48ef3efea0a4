/**
 * What the server says about mails, in Spanish. It says it in English, for what is stored with a message is read by
 * agents of every language; words of other servers stay as they are. A test holds this table complete.
 */
const SENTENCES: Readonly<Record<string, string>> = {
  "the address was changed before it was sent": "la dirección se cambió antes de que se enviara",
  // The answer of a mail server
  "This address does not exist.": "Esta dirección no existe.",
  "The domain of this address does not exist.": "El dominio de esta dirección no existe.",
  "This address is malformed.": "Esta dirección está mal escrita.",
  "This mailbox has moved.": "Este buzón se ha trasladado.",
  "This domain takes no mail.": "Este dominio no acepta correo.",
  "The mail server does not accept the sender's address.": "El servidor de correo no acepta la dirección del remitente.",
  "The mail server refused this address.": "El servidor de correo rechazó esta dirección.",
  "This mailbox is switched off.": "Este buzón está desactivado.",
  "This mailbox is full.": "Este buzón está lleno.",
  "This mail is too large for that mailbox.": "Este correo es demasiado grande para ese buzón.",
  "This mail is too large for that mail server.": "Este correo es demasiado grande para ese servidor.",
  "The mail server refused the user or password in SMTP_URL.":
    "El servidor de correo rechazó el usuario o la contraseña de SMTP_URL.",
  "The mail server refused this mail by its own rules.": "El servidor de correo rechazó este correo por sus propias reglas.",
  "The mail server does not know this address.": "El servidor de correo no conoce esta dirección.",
  "This mailbox is full, or the mail too large.": "Este buzón está lleno, o el correo es demasiado grande.",
  "The mail server refused this mail.": "El servidor de correo rechazó este correo.",
  "The mail server can't take this mail now.": "El servidor de correo no puede aceptar este correo ahora.",
  // The connection to it
  "Encryption with the mail server failed: its certificate may be wrong.":
    "Falló el cifrado con el servidor de correo: quizá su certificado no es válido.",
  "The mail server can't be reached.": "No se puede contactar con el servidor de correo.",
  "The mail server offers no encryption, which SMTP_URL requires.":
    "El servidor de correo no ofrece cifrado, y SMTP_URL lo exige.",
  "The mail server offers no encryption, and a password never travels without.":
    "El servidor de correo no ofrece cifrado, y sin él nunca se envía una contraseña.",
  "The mail server offers no way to sign in that Hilo knows (PLAIN, LOGIN).":
    "El servidor de correo no ofrece ninguna forma de identificarse que Hilo conozca (PLAIN, LOGIN).",
  "The connection broke before the mail server confirmed the mail.":
    "La conexión se cortó antes de que el servidor confirmara el correo.",
  "The mail server did not answer in time.": "El servidor de correo no respondió a tiempo.",
  "A line break was about to enter a command.": "Un salto de línea iba a entrar en una orden.",
  "The connection to the mail server broke.": "Se cortó la conexión con el servidor de correo.",
  "The mail server took no more data.": "El servidor de correo dejó de aceptar datos.",
  "The mail server mixed clear text into the start of encryption.":
    "El servidor de correo mezcló texto sin cifrar al empezar el cifrado.",
  "What answered there is not a mail server.": "Lo que respondió allí no es un servidor de correo.",
  "The mail server's answer is too long.": "La respuesta del servidor de correo es demasiado larga.",
  "The mail server closed the connection.": "El servidor de correo cerró la conexión.",
  "SMTP_URL is not a URL.": "SMTP_URL no es una URL.",
  "SMTP_URL must begin with smtp://, smtp+starttls:// or smtps://.":
    "SMTP_URL debe empezar por smtp://, smtp+starttls:// o smtps://.",
  "SMTP_URL names no host.": "SMTP_URL no indica ningún servidor.",
  "The user or password in SMTP_URL is not properly percent-encoded.":
    "El usuario o la contraseña de SMTP_URL no están bien codificados.",
  // The day's total
  "The limit of mails for a day is reached. This one leaves by itself as soon as it may.":
    "Se ha alcanzado el límite de correos de un día. Este saldrá por sí solo en cuanto pueda.",
  "Automatic mails have used up their share of the day's limit. This one leaves by itself as soon as it may.":
    "Los correos automáticos han agotado su parte del límite del día. Este saldrá por sí solo en cuanto pueda.",
  "Automatic mails could not be counted just now. This one leaves by itself as soon as it may.":
    "Ahora mismo no se pueden contar los correos automáticos. Este saldrá por sí solo en cuanto pueda.",
  // Cloudflare
  "Cloudflare holds mail to this address back, because it bounced or reported earlier mail as spam.":
    "Cloudflare retiene el correo a esta dirección, porque devolvió correos anteriores o los marcó como spam.",
  "This deployment may not send to this address: only to those that its settings at Cloudflare list.":
    "Desde aquí no se puede enviar a esta dirección: solo a las que figuran en los ajustes de Cloudflare.",
  "The domain of this mailbox is not verified for sending at Cloudflare.":
    "El dominio de este buzón no está verificado para enviar en Cloudflare.",
  "The domain of this mailbox is not set up for sending at Cloudflare.":
    "El dominio de este buzón no está configurado para enviar en Cloudflare.",
  "This mail is too large to be sent.": "Este correo es demasiado grande para enviarlo.",
  "This mail has too many recipients.": "Este correo tiene demasiados destinatarios.",
  "This mail has too many files.": "Este correo tiene demasiados archivos.",
  "Cloudflare found this mail malformed.": "Cloudflare encontró este correo mal formado.",
  "Cloudflare found this mail incomplete.": "Cloudflare encontró este correo incompleto.",
  "Cloudflare does not allow a header of this mail.": "Cloudflare no permite una cabecera de este correo.",
  "Cloudflare found a header of this mail malformed.": "Cloudflare encontró mal formada una cabecera de este correo.",
  "A header of this mail is too long.": "Una cabecera de este correo es demasiado larga.",
  "The headers of this mail are too long.": "Las cabeceras de este correo son demasiado largas.",
  "This mail has too many headers.": "Este correo tiene demasiadas cabeceras.",
  "Too many mails were sent in a short time.": "Se enviaron demasiados correos en poco tiempo.",
  "The number of mails that Cloudflare allows for today is used up.":
    "Se ha agotado el número de correos que Cloudflare permite hoy.",
  "The recipient's mail server did not take this mail.": "El servidor del destinatario no aceptó este correo.",
  "Cloudflare had an internal error; whether the mail was sent is not known.":
    "Cloudflare tuvo un error interno; no se sabe si el correo se envió.",
  "Cloudflare's answer was not understood; whether the mail was sent is not known.":
    "No se entendió la respuesta de Cloudflare; no se sabe si el correo se envió.",
  "Cloudflare did not answer in time.": "Cloudflare no respondió a tiempo.",
  "Cloudflare could not deliver this mail.": "Cloudflare no pudo entregar este correo.",
  "Cloudflare did not send this mail by its own rules.": "Cloudflare no envió este correo por sus propias reglas.",
  // What became of it later
  "The mail is delayed.": "El correo se retrasa.",
  "The mail came back.": "El correo fue devuelto.",
  "The address can't be reached.": "No se puede llegar a la dirección.",
  "The recipient reported this mail as spam.": "El destinatario marcó este correo como spam.",
  "Earlier mail to this address came back. Send it again to try nevertheless.":
    "Un correo anterior a esta dirección fue devuelto. Reenvíalo para intentarlo de todos modos.",
  "This person reported an earlier mail as spam. Send it again only if they asked for it.":
    "Esta persona marcó un correo anterior como spam. Reenvíalo solo si lo ha pedido.",
  // The mail itself
  "There is no address to write to.": "No hay ninguna dirección a la que escribir.",
  "There is no mailbox to write from.": "No hay ningún buzón desde el que escribir.",
  "A file is too large to travel in a mail, and PUBLIC_URL is not set to link to it.":
    "Un archivo es demasiado grande para un correo, y no hay PUBLIC_URL para enlazarlo.",
  "This mail has no recipient.": "Este correo no tiene destinatario.",
  "The Message-ID is malformed.": "El Message-ID está mal formado.",
  "The subject contains a line break.": "El asunto contiene un salto de línea.",
  "The subject is too long.": "El asunto es demasiado largo.",
  "This mail is empty.": "Este correo está vacío.",
  // What became of a mail that arrived
  "The recipient is not one of our mailboxes.": "El destinatario no es ninguno de nuestros buzones.",
  "This mail was delivered before.": "Este correo ya se había entregado.",
  "This is a mail of our own that came back.": "Es un correo nuestro que volvió.",
  "The sender is one of our own mailboxes.": "El remitente es uno de nuestros propios buzones.",
  "A complaint about a mail that is not known.": "Una queja sobre un correo desconocido.",
  "The recipient reported our mail as spam.": "El destinatario marcó nuestro correo como spam.",
  "A receipt: the mail was opened or deleted.": "Un acuse: el correo se abrió o se borró.",
  "A mail of ours could not be delivered.": "Un correo nuestro no se pudo entregar.",
  "A mail of ours could not be delivered yet.": "Un correo nuestro aún no se ha podido entregar.",
  "A complaint that anyone could have sent: it is only noted with the message.":
    "Una queja que cualquiera pudo enviar: solo se anota con el mensaje.",
  "A bounce that anyone could have sent: it is only noted with the message.":
    "Un aviso de fallo que cualquiera pudo enviar: solo se anota con el mensaje.",
  "A bounce of a mail that is not known.": "Un aviso de fallo de un correo desconocido.",
  "The sender is blocked.": "El remitente está bloqueado.",
  "An agent answered the contact by mail.": "Un agente respondió al contacto por correo.",
  "An agent answered by mail: kept as a note.": "Un agente respondió por correo: se guardó como nota.",
  "The contact answered to the signed reply address.": "El contacto respondió a la dirección de respuesta firmada.",
  "A participant answered to the signed reply address.": "Un participante respondió a la dirección de respuesta firmada.",
  "Someone else wrote to this conversation's signed reply address.":
    "Otra persona escribió a la dirección de respuesta firmada de esta conversación.",
  "It answers a mail of this conversation, and its sender belongs to it.":
    "Responde a un correo de esta conversación, y su remitente es parte de ella.",
  "It refers to a mail of another conversation, to which its sender does not belong.":
    "Se refiere a un correo de otra conversación, de la que su remitente no es parte.",
  "It refers to a conversation whose visitor has not proven this address.":
    "Se refiere a una conversación cuyo visitante no ha demostrado que esta dirección sea suya.",
  "Somebody outside answered what was sent on to them: kept as a note.":
    "Alguien de fuera respondió a lo que se le había enviado: se guardó como nota.",
  "An automatic answer to no known mail.": "Una respuesta automática a ningún correo conocido.",
  "The sender's address may be forged.": "La dirección del remitente puede ser falsa.",
  "This mail is spam.": "Este correo es spam.",
  "The sender is a known contact.": "El remitente es un contacto conocido.",
  "The sender is a known contact; this begins a new conversation.":
    "El remitente es un contacto conocido; con esto empieza una conversación nueva.",
  "The mail names no sender.": "El correo no indica remitente.",
  "The sender is not known yet.": "El remitente aún no se conoce.",
  "Too many mails of unknown senders came at once.": "Llegaron demasiados correos de remitentes desconocidos a la vez.",
  "This email could not be displayed; its raw bytes can be downloaded.":
    "Este correo no se pudo mostrar; su original se puede descargar.",
  "Reading it did not come to an end, twice; its raw bytes can be downloaded.":
    "Su lectura no llegó a terminar, dos veces; su original se puede descargar.",
  // Hilo
  "Hilo could not prepare this mail and tries again": "Hilo no pudo preparar este correo y lo vuelve a intentar",
  "Hilo was stopped while this mail was being handed over; it may or may not have been sent":
    "Hilo se detuvo mientras entregaba este correo; puede que se haya enviado o no",
  "the mail server did not answer in time; it may or may not have been sent":
    "el servidor de correo no respondió a tiempo; puede que se haya enviado o no",
};

/** Sentences with something in them; the words of other servers end one. */
const PATTERNS: readonly [english: RegExp, spanish: (match: string[]) => string][] = [
  [/^(.*?) (?:It|The other server) said: (.*)$/, ([, sentence = "", words]) => `${toSpanish(sentence)} Respondió: ${words}`],
  [/^An unverified report says: (.*)$/, ([, rest = ""]) => `Un aviso sin verificar dice: ${toSpanish(rest)}`],
  [/^gave up after (\d+) tries: (.*)$/, ([, tries, rest = ""]) => `abandonado tras ${tries} intentos: ${toSpanish(rest)}`],
  [
    /^This sender sent more than (\d+) mails within (\d+) minutes\.$/,
    ([, count, minutes]) => `Este remitente envió más de ${count} correos en ${minutes} minutos.`,
  ],
  [/^An agent forwarded a mail of (.*)\.$/, ([, address]) => `Un agente reenvió un correo de ${address}.`],
  [
    /^It says that an agent forwarded a mail of (.*); not verified\.$/,
    ([, address]) => `Dice que un agente reenvió un correo de ${address}; sin verificar.`,
  ],
  [/^Somebody wrote through the form (.*)\.$/, ([, address]) => `Alguien escribió a través del formulario ${address}.`],
  [
    /^This form sent more than (\d+) mails within an hour\.$/,
    ([, count]) => `Este formulario envió más de ${count} correos en una hora.`,
  ],
  [/^Filtered by (.*)\.$/s, ([, name]) => `Filtrado por ${name}.`],
  [/^It could not be taken up after (\d+) tries\.$/, ([, tries]) => `No se pudo procesar tras ${tries} intentos.`],
  [
    /^(.*) Another mail had its Message-ID already\.$/,
    ([, sentence = ""]) => `${toSpanish(sentence)} Otro correo ya tenía su Message-ID.`,
  ],
  [/^Mail cannot be sent: (.*)$/, ([, rest = ""]) => `No se puede enviar correo: ${toSpanish(rest)}`],
  [
    /^Cloudflare's answer was not understood \((\w+)\); whether the mail was sent is not known\.$/,
    ([, code]) => `No se entendió la respuesta de Cloudflare (${code}); no se sabe si el correo se envió.`,
  ],
  [
    /^The mail server has not answered within (\d+) seconds; the mail may still arrive\.$/,
    ([, seconds]) => `El servidor de correo no ha respondido en ${seconds} segundos; puede que el correo aún llegue.`,
  ],
  [
    /^“(.*)” is not an address that mail can be sent to\.$/,
    ([, address]) => `«${address}» no es una dirección a la que enviar correo.`,
  ],
  [
    /^A mail can go to (\d+) addresses at most; this one has (\d+)\.$/,
    ([, most, count]) => `Un correo puede ir a ${most} direcciones como máximo; este tiene ${count}.`,
  ],
  [
    /^With its files this mail is ([\d.]+) MiB; the limit is (\d+) MiB\.$/,
    ([, size, limit]) => `Con sus archivos este correo ocupa ${size} MiB; el límite es ${limit} MiB.`,
  ],
  [/^The name of (\S+) contains a line break\.$/, ([, address]) => `El nombre de ${address} contiene un salto de línea.`],
  [/^The header “?([^”]*?)”? can't be set\.$/, ([, name]) => `La cabecera «${name}» no se puede usar.`],
  [
    /^The header (\S+) is empty or contains a line break\.$/,
    ([, name]) => `La cabecera ${name} está vacía o contiene un salto de línea.`,
  ],
  [/^The header (\S+) is too long\.$/, ([, name]) => `La cabecera ${name} es demasiado larga.`],
  [
    /^The file name “(.*)” can't be used in a mail\.$/,
    ([, name]) => `El nombre de archivo «${name}» no se puede usar en un correo.`,
  ],
  [/^The type of the file “(.*)” is malformed\.$/, ([, name]) => `El tipo del archivo «${name}» está mal formado.`],
];

/** What is not known (words of another server) stays as it is. */
export function toSpanish(reason: string): string {
  const known = SENTENCES[reason];
  if (known !== undefined) return known;
  for (const [english, spanish] of PATTERNS) {
    const match = english.exec(reason);
    if (match !== null) return spanish(match);
  }
  return reason;
}
