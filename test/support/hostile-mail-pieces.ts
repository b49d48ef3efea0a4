/**
 * Pieces that a hostile mail repeats until it is as large as it may be, by what they keep busy. Every character is one byte:
 * `\u00c3\u00a9` is é in UTF-8.
 */

export const LINES = [
  ..."\n|\r\n|\r|a\n|a\r\n| \n|\t\n| \r\n|\u00a0\n|a b c\n|\u0000|\u0000\n|\u0080|\u00ff\n|\u00c3\u00a9\n|.\n|-\n|--\n|-- \n|---\n|_\n".split("|"),
  `${"x".repeat(997)}\n`,
  "x",
  " ",
  "\u00e2\u0080\u008b",
  "\u00e2\u0080\u008b\n",
  "\u00ad\n",
];

export const QUOTES = [
  ..."|>\n|> \n|> a\n|>> a\n|>>> \n|a\n> b\n|> a\nb\n|>|> |> |>a\n\n|> On Mon, Ana <a@b.example> wrote:\n".split("|").slice(1),
  `${">".repeat(200)}\n`,
  `${"> ".repeat(50)}a\n>\n`,
  `> ${"long words ".repeat(8)}\nwrapped\n`,
];

export const ATTRIBUTIONS = [
  "On \n",
  "On 2024 \n",
  "On Mon, 4 Mar 2024 at 10:00, Ana <ana@x.example> wrote:\n",
  "On Mon, 4 Mar 2024 at 10:00,\nAna\n<ana@x.example>\n",
  "On 4 Mar 2024 a@ wrote\n",
  "El lun, 4 mar 2024 a las 10:00, Ana escribi\u00c3\u00b3:\n",
  "Le lun. 4 mars 2024 \u00c3\u00a0 10:00, Ana a \u00c3\u00a9crit :\n",
  "Am 04.03.2024 um 10:00 schrieb Ana:\n",
  "wrote:\n",
  "The lamp is blue\n",
  `On ${"a ".repeat(200)}\n`,
  `On ${"@".repeat(400)}\n`,
  `On ${"a".repeat(64)}@ ${"b".repeat(300)}\n`,
  "2024-03-04 10:00 GMT+01:00 Ana <a@b.example>:\n\n",
];

export const OLD_HEADERS = [
  "From: a@b.example\n",
  "From: a@b.example\nTo\n",
  "From: Ana <a@b.example>\nTo: b@c.example\nSubject: x\n\n",
  "From: a\nTo: b\nDate: c\nSubject: d\nCc: e\nReply-To: f\n",
  "-----Original Message-----\n",
  "---------- Forwarded message ---------\nFrom: x <x@y.example>\n",
  "---------- Forwarded message ---------\n",
  "Begin forwarded message:\n",
  "________________________________\n",
  "----- x -----\n",
  `---- Forwarded ---- From: ${"a@ ".repeat(200)}\n`,
  "\u00e2\u0080\u0094 please reply above this line \u00e2\u0080\u0094\n",
  "To: a@b.example,\n",
];

export const SIGNATURES = [
  "Regards,\n",
  "Regards,\nAna\nHead of Things\n",
  "Sent from my iPhone\n",
  "-- \nAna\n",
  "--\n\n\n",
  "____\nunsubscribe\n",
  "____\n",
  `Sent from my ${"word ".repeat(15)}\n`,
];

export const FLOWED = ["a \n", "> a \n", " \n", `${">".repeat(60)}a \n`, ">a\n>>b \n", "-- \n", "\n", "> \n", " a\n"];

export const ADDRESSES_IN_TEXT = [
  "a@b ",
  "a+b@c.example ",
  "@",
  "a@",
  "@a ",
  `${"a".repeat(63)}@ `,
  `${"a".repeat(200)} `,
  `a+${"b".repeat(60)}@${"c.".repeat(90)}d `,
  "http://x.example/a ",
];

/** Of the header, one or more lines each. */
export const HEADER_LINES = [
  "a\r\n",
  "a:\r\n",
  ":\r\n",
  "X: y\r\n",
  "X: y\n z\n",
  "Received: from a by b; Mon, 4 Mar 2024 10:00:00 +0000\r\n",
  "DKIM-Signature: v=1;\r\n b=abc\r\n",
  "To: a@b.example\r\n",
  "From: a@b.example\r\n",
  "Reply-To: a+b@c.example\r\n",
  "Content-Type: text/plain\r\n",
  "Content-Type: multipart/mixed; boundary=b\r\n",
  "Subject: =?utf-8?q?a?=\r\n",
  "X-R\u00e9: \u00e9\u00e8\u00ea\u00eb\u00ec\u00ed\u00ee\r\n",
  "X: \u00c4\u00e3\u00ba\u00c3\u00c4\u00e3\u00ba\u00c3\r\n",
  "Authentication-Results: mx; spf=pass\r\n",
  "References: <a@b.example>\r\n",
  "In-Reply-To: <a@b.example>\r\n",
  "X-Hilo-Loop: v1\r\n",
];

/** One header that begins so and goes on with a piece, without end. */
export const LONG_HEADERS: readonly (readonly [begin: string, piece: string])[] = [
  ["X: ", "y"],
  ["X: ", "\r\n y"],
  ["X: ", "\r\n "],
  ["To: ", "a@b.example, "],
  ["To: ", '"a, b" <a@b.example>,\r\n '],
  ["To: ", "("],
  ["To: ", "<"],
  ["To: ", '"'],
  ["To: a@b", ":"],
  ["To: ", ","],
  ["To: ", ";"],
  ["To: ", "\\"],
  ["To: ", "a:"],
  ["To: ", "=?utf-8?q?a?= "],
  ["Cc: ", "=?utf-8?q?a?= <a@b.example>, "],
  ["From: ", "a"],
  ["From: ", "a b "],
  ["Subject: ", "=?utf-8?q?a?= "],
  ["Subject: ", "=?utf-8?b?YQ==?=\r\n =?gb18030?q?=C4=E3?= "],
  ["Subject: ", "=?x?Q?"],
  ["Subject: ", "=?"],
  ["Subject: ", "=?a?b?"],
  ["Subject: ", "\u00e9"],
  ["Subject: ", " "],
  ["References: ", "<a@b.example> "],
  ["References: ", "a@b.example "],
  ["References: ", "a "],
  ["References: ", "<"],
  ["References: ", ">"],
  ["References: ", "<a@b> x\r\n "],
  ["In-Reply-To: ", "a,"],
  ["Message-ID: ", "<a@b"],
  ["Date: ", "("],
  ["Date: ", "1 "],
  ["Authentication-Results: mx.test; ", "("],
  ["Authentication-Results: mx.test; ", "dmarc=pass "],
  ["Authentication-Results: mx.test; ", '"'],
  ["List-Id: ", "<"],
  ["Auto-Submitted: ", " "],
  ["X-Failed-Recipients: ", "a@b.example,"],
  ["Content-Type: text/plain; ", "a=b; "],
  ["Content-Type: multipart/mixed; boundary=b; ", 'x="y\\""; '],
  ["Content-Type: text/plain; name", "*0*=a; name"],
  ["Content-Type: text/plain", "("],
  ["Content-Disposition: attachment; filename=", "=?utf-8?q?a?="],
];

export const HTML = [
  ...["<", "<a ", '<a "', '<a b="', "<div>", "</div>", "<!--", "<!-- -->", "<style>", "<style></style>", "<script>", "<![CDATA["],
  ...["&", "&amp;", "&#65;", "&#x41;", "&copy", "&nbsp;", "<br>", "<p>", "<td>x</td>", "<tr>", "<table><tr><td>", "<blockquote>"],
  ...["<title>", "<title></title>", "</", "</b>", "<b>x</b> ", "<b>", "<li>x", "<ol><li>", "<pre>\n", "<hr>", "\n", " ", "x", "'"],
  ...["<svg>", "<o:p>x</o:p>", "<?xml ", "< ", "<img src=x>", "<a href=x>y</a>", "<a href=>", "<font color=red>x</font>", "<u><i>"],
  '<div class="gmail_quote">',
  '<div class="gmail_quote"><blockquote>x</blockquote>y',
  '<img alt="\u00f0\u009f\u0098\u0080" src=x>',
  '<p style="margin:0;color:#ff0000;font:12px Arial">x</p>',
  `<p style="${"a:b;".repeat(500)}">`,
  `<p class="${"a ".repeat(900)}">x`,
  "<a b c d e f g h i j k l m n o p>",
  '<span style="display:none">x</span>',
  '<a href="https://x.example/a?b=c&amp;d=e">https://y.example</a>',
  '<img src="data:image/png;base64,AAAA">',
  '<div class="gmail_signature">x</div>',
  '<div id="appendonsend"></div>x',
];

const blanks = (count: number): string => " ".repeat(count);

/** Values that say how a text looks, or nearly. */
export const HIDING = [
  "<b style=font-size:0>",
  "<b style=font-size:0>x</b>",
  "<p hidden>x</p>",
  "<br hidden>",
  "<td hidden>",
  "<li style=color:red>x",
  '<font color=#ffffff bgcolor=#ffffff>x</font>',
  '<p style="display:none"><br>',
  `<p style="${"display:none;".repeat(150)}">x`,
  `<p style="${";".repeat(1_900)}">x`,
  `<p style="font:${"1".repeat(1_900)}">x`,
  `<p style="font:${"1 ".repeat(95)}">x`,
  `<p style="clip:rect(${"0 ".repeat(900)}">x`,
  `<p style="clip:rect(0${blanks(60)}0${blanks(60)}0${blanks(60)}0x">x`,
  `<p style="color:rgb(1${blanks(90)}1${blanks(90)}x">x`,
  `<p style="background:rgb(1${blanks(90)}1${blanks(90)}x">x`,
  `<p style="color:a${blanks(180)}b !important">x`,
  `<p style="opacity:${"1".repeat(190)}x;width:${"1".repeat(190)}x;text-indent:${"1".repeat(190)}x">y`,
  `<p style="transform:${"scale(0.".repeat(20)}">x`,
  `<font color="rgb(1${blanks(900)}1${blanks(900)}x">y`,
  `<p bgcolor="rgb(1${blanks(900)}1${blanks(900)}x">y`,
  `<b hidden=${`"'`.repeat(400)}>`,
];

/** Lines of a calendar. */
export const CALENDARS = [
  "BEGIN:VEVENT\r\n",
  "X:y\r\n",
  "\r\n a",
  "\r\n ",
  "\r\n",
  '"',
  ";",
  ':"',
  "BEGIN:VALARM\r\nEND:VALARM\r\n",
  'ATTENDEE;CN="a;b":mailto:a@b.example\r\n',
  "SUMMARY:a\\n\\,\r\n",
  "x",
  `DTSTART;TZID="${"a".repeat(50)}":2024\r\n`,
];

/** Texts in another charset: its name, and what is repeated. */
export const CHARSETS: readonly (readonly [charset: string, piece: string])[] = [
  ["utf-7", "+AAo-"],
  ["utf-16", "\n\u0000"],
  ["utf-16be", "\u0000a"],
  ["utf-16", "\u00d8\u0000"],
  ["iso-2022-jp", "\u001b$B!!\u001b(B\n"],
  ["iso-2022-jp", "\u001b"],
  ["gb18030", "\u00c4\u00e3\u00ba\u00c3\n"],
  ["gb18030", "\u0081\u0030\u0081\u0030"],
  ["shift_jis", "\u0082\u00a0\n"],
  ["euc-kr", "\u00b0\u00a1"],
  ["utf-8", "\u00ff\u00fe"],
  ["utf-8", "a\u00e9\n"],
  ["utf-8", "\u00e9\u00e8 "],
  ["windows-1252", "\u0080\u0081\n"],
  ["koi8-r", "\u00d0\u00d2\u00c9"],
  ["x-unknown", "a\u00ff"],
  ["hz-gb-2312", "~{"],
  ["", "\u00e9"],
];
