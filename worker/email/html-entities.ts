/** Decodes the character references that mail clients write. */

const LATIN_1 =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para " +
  "middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave " +
  "Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc " +
  "Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc " +
  "iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";
const OTHERS: [string, number][] = [
  ["amp", 38],
  ["lt", 60],
  ["gt", 62],
  ["quot", 34],
  ["apos", 39],
  ["Tab", 9],
  ["NewLine", 10],
  ["excl", 33],
  ["num", 35],
  ["percnt", 37],
  ["lpar", 40],
  ["rpar", 41],
  ["ast", 42],
  ["comma", 44],
  ["period", 46],
  ["sol", 47],
  ["colon", 58],
  ["semi", 59],
  ["bsol", 92],
  ["OElig", 338],
  ["oelig", 339],
  ["Scaron", 352],
  ["scaron", 353],
  ["Yuml", 376],
  ["ensp", 8194],
  ["emsp", 8195],
  ["thinsp", 8201],
  ["zwnj", 8204],
  ["zwj", 8205],
  ["ndash", 8211],
  ["mdash", 8212],
  ["lsquo", 8216],
  ["rsquo", 8217],
  ["sbquo", 8218],
  ["ldquo", 8220],
  ["rdquo", 8221],
  ["bdquo", 8222],
  ["dagger", 8224],
  ["bull", 8226],
  ["hellip", 8230],
  ["permil", 8240],
  ["prime", 8242],
  ["lsaquo", 8249],
  ["rsaquo", 8250],
  ["euro", 8364],
  ["trade", 8482],
  ["larr", 8592],
  ["rarr", 8594],
  ["minus", 8722],
  ["le", 8804],
  ["ge", 8805],
];
const NAMED = new Map<string, number>([...LATIN_1.split(" ").map((name, i): [string, number] => [name, 160 + i]), ...OTHERS]);
const REFERENCE = /&(?:#x0{0,20}([0-9a-f]{1,6})|#0{0,20}(\d{1,7})|([a-z][a-z0-9]{1,8}));?/gi;

function toCharacter(code: number): string | null {
  if (code >= 0x80 && code <= 0x9f) return String.fromCharCode(code);
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
  return String.fromCodePoint(code);
}

export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(REFERENCE, (whole: string, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) {
      // `&copy=1` in a bare address is no reference: names need their semicolon, as nearly all senders write it.
      const code = whole.endsWith(";") ? NAMED.get(name) : undefined;
      return code === undefined ? whole : String.fromCharCode(code);
    }
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return toCharacter(code) ?? whole;
  });
}
