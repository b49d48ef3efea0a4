/** The words mail clients write around quoted mail, by language. Lower-case; order within a list means nothing. */

export type HeaderField = "from" | "to" | "cc" | "date" | "subject" | "reply-to";

/** Labels of the header block above a quoted or forwarded mail. */
const LABELS: Record<HeaderField, string> = {
  from:
    "from|de|von|da|van|fra|från|lähettäjä|od|šalje|feladó|od kogo|nadawca|de la|expeditor|expeditorul|от|от кого|отправитель|від|від кого|" +
    "відправник|kimden|gönderen|saatja|mittente|送信元|差出人|发件人|寄件者|寄件人|보낸 사람|보낸사람|from email|de parte de|remitente|expéditeur|" +
    "absender|afzender|afsender|avsender|avsändare|remetente|từ|dari|από|לאת|מאת|من|จาก|siuntėjas|nuo|no|pošiljatelj|odesílatel|odosielateľ|подател|od:",
  to:
    "to|para|an|a|aan|til|till|vastaanottaja|komu|prima|címzett|do|adresat|à|pour|destinatario|destinataire|destinatarul|către|кому|получатель|" +
    "одержувач|kime|alıcı|saaja|pre|宛先|送信先|收件人|收件者|받는 사람|받는사람|đến|kepada|προς|אל|إلى|ถึง|kam|kam:|za|adressaat|al|mottaker|modtager|" +
    "empfänger|ontvanger|destinatário|до|primatelj",
  cc: "cc|bcc|cco|cci|copie|copie à|copia|kopie|kopia|kopio|kopi|kópia|másolat|dw|udw|копия|копія|bilgi|抄送|副本|참조|con copia|κοιν|κοινοποίηση|עותק|нк|цц|ск",
  date:
    "date|sent|fecha|enviado|enviado el|enviado em|enviada em|enviada|data|datum|dato|dată|date d'envoi|envoyé|envoyé le|gesendet|gesendet am|inviato|" +
    "verzonden|sendt|skickat|lähetetty|päivämäärä|päiväys|odesláno|odoslané|dátum|elküldve|wysłano|wysłane|data i godzina|trimis|trimise|дата|отправлено|" +
    "надіслано|дата та час|tarih|gönderildi|gönderilme tarihi|gönderme tarihi|日付|送信日時|发送时间|日期|寄件日期|보낸 날짜|날짜|ngày|tanggal|tgl|ημερομηνία|" +
    "στάλθηκε|תאריך|נשלח|التاريخ|تاريخ|วันที่|kuupäev|saadetud|poslano|data wysłania|message du|изпратено|šiandien|išsiųsta|nosūtīts|enviat|data de envio|время",
  subject:
    "subject|asunto|betreff|objet|sujet|oggetto|onderwerp|emne|ämne|aihe|předmět|predmet|naslov|tárgy|temat|assunto|subiect|subiectul|тема|konu|teema|" +
    "件名|主题|主旨|主題|제목|chủ đề|tiêu đề|perihal|subjek|θέμα|נושא|الموضوع|موضوع|หัวเรื่อง|เรื่อง|относно|zadeva|tema|temats|assumpte|gaia",
  "reply-to":
    "reply-to|reply to|responder a|antwort an|répondre à|rispondi a|antwoord aan|odpověď na|svar til|svara till|odpowiedz do|válaszcím|yanıtla|ответить",
};

/** Lower-case label → the field it names. */
export const HEADER_LABELS: ReadonlyMap<string, HeaderField> = new Map(
  Object.entries(LABELS).flatMap(([field, labels]) =>
    labels.split("|").map((label): [string, HeaderField] => [label, toField(field)]),
  ),
);

function toField(name: string): HeaderField {
  return name === "from" || name === "to" || name === "cc" || name === "date" || name === "subject" ? name : "reply-to";
}

/** Parts of words in the line above a forwarded mail. */
export const FORWARD_STEMS: readonly string[] = (
  "forwarded|begin forward|weitergeleitet|reenviad|rv:|transféré|réexpédi|transmis|faire suivre|inoltrat|doorgestuur|encaminhad|reencaminhad|" +
  "videresend|vidarebefordra|välitetty|edelleenlähe|přeposlan|přeposílan|preposlan|przekaza|przekazywan|przesłan|podaj dalej|továbbít|redirec|" +
  "пересыл|пересланн|переслан|переадрес|перенаправ|пересила|proslije|prosleđ|прослеђ|iletilen|iletilmiş|ileti başlang|yönlendiril|転送|转发|轉寄|轉發|" +
  "전달|προωθ|препрат|edastat|persiųst|pārsūt|posredovan|הועבר|ส่งต่อ|chuyển tiếp|diteruskan|إعادة توجيه|معاد توجيه|reenviat|birbidali"
).split("|");

/** Parts of words in the line above the mail that was answered. */
export const ORIGINAL_STEMS: readonly string[] = (
  "original message|original mail|original-nachricht|ursprüngliche nachricht|originalnachricht|message d'origine|message d’origine|message original|" +
  "message initial|mensaje original|correo original|messaggio originale|mensagem original|oorspronkelijk bericht|oprindelig|opprinnelig|" +
  "ursprungligt meddelande|originalmeddelande|alkuperäinen viesti|původní|pôvodná|oryginaln|wiadomość oryg|eredeti üzenet|mesaj original|mesajul original|" +
  "исходное сообщение|оригинальное сообщение|оригинал|вихідне повідомлення|orijinal|özgün|元のメッセージ|原始邮件|原始郵件|原邮件|원본 메시지|원본 메일|" +
  "αρχικό μήνυμα|оригинално съобщение|izvorna poruka|izvirno sporočilo|reply message|replied message|רן מקור|הודעה מקורית|الرسالة الأصلية|thư gốc|" +
  "pesan asli|ข้อความต้นฉบับ|algne kiri|missatge original"
).split("|");

/** Subject marks of forwarded mail. */
export const FORWARD_PREFIXES: readonly string[] =
  "fw|fwd|tr|rv|wg|vs|vl|i|enc|pd|videresend|redir.|redir|ilt|İlt|vb|doorst|továbbítás|προωθ|转发|轉寄|転送|전달|תג|fs|trs|rif|пересл|reenv".split(
    "|",
  );

/** Subject marks of answers. */
export const REPLY_PREFIXES: readonly string[] =
  "re|aw|sv|antw|odp|vá|ré|res|r|ynt|yan|ynt|ha|回复|回覆|答复|返信|답장|回信|re:|rép|atb|bls|απ|σχετ|השב|vast|на|отв".split("|");

/** A word that says *wrote*, as it stands at the end of an attribution line or inside it. */
const WROTE =
  "wrote|writes|pisze|píše|piše|schreibt|scrive|écrit|escribe|skriver|kirjoittaa|scrie|लिखा|ने लिखा|escribió|escribio|escribe|a écrit|ha scritto|schrieb|schreef|geschreven|escreveu|skrev følgende|skrev|kirjoitti|napsal\\(a\\)|napsala|napsal|" +
  "napísal\\(a\\)|napísala|napísal|napisał\\(a\\)|napisała|napisał|napisao je|napisala je|napisao|napisala|je napisal|je pisal|ezt írta|írta|a scris|" +
  "написал\\(а\\)|написала|написал|пишет|написав\\(ла\\)|написав|написала|пише|yazdı|yazmış|şunları yazdı|şunu yazdı|έγραψε|написа|写道|寫道|写到|のメール|" +
  "さんは書きました|wrote|書きました|님이 작성|작성했습니다|작성:|כתב|כתבה|كتب|كتبت|เขียนว่า|เขียน|đã viết|menulis|va escriure|idatzi du|idatzi zuen|rašė|rakstīja|" +
  "kirjutas|reageerde|a répondu|hat geschrieben|skribis|napisal/a|napisao/la je|följande|følgende";

/** The word with no letter directly before or behind it. */
export const WROTE_PATTERN = new RegExp(`(?<![\\p{L}])(?:${WROTE})(?![\\p{L}(])`, "iu");
export const WROTE_AT_END = new RegExp(`(?<![\\p{L}])(?:${WROTE})\\s*[:：]?\\s*-*\\s*$`, "iu");

/** How the first line of an attribution that is broken over several lines begins. */
export const ATTRIBUTION_START = new RegExp(
  "^[-\\s>]*(?:on|le|el|em|am|il|in data|op|den|d\\.|på|w dniu|dnia|dne|dňa|dana|på|a|the|ngày|pada|στις|la|pe|em|на|в|於|于|il giorno|на|" +
    "le\\s|al|dia|el dia|vào|në|în|în data|pe|пн|вт|ср|чт|пт|сб|вс|нд)[\\s,.:]",
  "iu",
);
export const DATE_START =
  /^[-\s>]*(?:\d{1,4}[.\-/:,\s年]|(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|mie|mié|jeu|jue|ven|vie|vier|sam|sáb|sab|dim|dom|mo|di|mi|do|fr|sa|so|ma|ti|on|to|fre|lør|lör|søn|sön|man|tir|tor|tors|ons|tis|pon|wt|śr|czw|pt|sob|ndz|po|út|st|čt|pá|ut|št|pi|ke|pe|la|su|ter|qua|qui|sex|seg|dg|dl|пн|вт|ср|чт|пт|сб|вс|нд)(?:\p{L}*)[.,]?\s+\d|(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\p{L}*\.?\s+\d)/iu;

/** `Sent from my …`: what phones and apps put below a mail. */
const SENT =
  "sent|written|gesendet|geschrieben|verzonden|verstuurd|envoyé|enviado|enviada|enviat|inviato|skickat|sendt|wysłano|wysłane|odesláno|odoslané|" +
  "küldve|trimis|отправлено|надіслано|poslano|sänt";
const SENT_PREPOSITIONS =
  "desde|des|depuis|à|von|vom|van|vanaf|från|fra|da|dal|dalla|do|de|con|avec|mit|with|via|from|z|ze|using|с|из|з|iz|s|din|para";
const SENT_WHOLE = [
  "get outlook for .{2,40}",
  "téléchargez outlook pour .{2,40}",
  "(?:obtener|obtén) outlook para .{2,40}",
  "holen sie sich outlook .{2,40}",
  "outlook für (?:ios|android).{0,40}",
  "(?:scarica|ottieni) outlook per .{2,40}",
  "obter o outlook para .{2,40}",
  "(?:diese nachricht wurde )?von meinem .{2,60} gesendet",
  "lähetetty .{2,40}",
  ".{2,40}から送信(?:されました)?",
  "发自我的.{1,20}",
  "從我的.{1,20}傳送",
  "나의 .{1,20}에서 보냄",
  ".{1,30}[’'][dt][ae]n gönderildi",
  "yahoo mail: search, organize, conquer",
];
export const SENT_FROM = new RegExp(`^(?:(?:${SENT}) (?:${SENT_PREPOSITIONS}) .{2,60}|${SENT_WHOLE.join("|")})$`, "iu");

/** Closings that stand alone above a signature block. */
export const CLOSINGS =
  /^(?:(?:with )?(?:best|kind|kindest|warm|warmest|many|my best|with best|with kind)? ?regards|best wishes|(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?|rgds|brgds|br|kr|(?:un )?(?:cordial(?:es)?|afectuoso|atento)? ?saludos?(?: cordiales| a todos| afectuoso)?|un (?:cordial )?saludo|atentamente|atte\.?|(?:bien )?cordialement|(?:bien )?à vous|bien à toi|salutations(?: distinguées)?|mit (?:freundlichen|besten|vielen|lieben|herzlichen) grü(?:ß|ss)en|(?:freundliche|viele|beste|liebe|herzliche) grü(?:ß|ss)e|mfg|lg|vg|cordiali saluti|distinti saluti|met vriendelijke groeten?|vriendelijke groeten?|mvg|atenciosamente|cumprimentos|com os melhores cumprimentos|med vänlig(?:a)? hälsning(?:ar)?|vänliga hälsningar|mvh|med venlig hilsen|med vennlig hilsen|venlig hilsen|vennlig hilsen|ystävällisin terveisin|terveisin|pozdrawiam|z poważaniem|s pozdravem|s pozdravom|üdvözlettel|cu stimă|с уважением|з повагою|saygılarımla|lep pozdrav|srdačan pozdrav)[\s,.!:–—-]*$/iu;
