/** Endings of hosts, by what else they are to a reader: an ending that is also a word needs more around it to be one (T23). */

/** Country codes. A dot before two other letters ends no domain (`p.ej.`, `node.js`). */
export const COUNTRIES: ReadonlySet<string> = new Set(
  (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz ca cc cd cf cg " +
    "ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi " +
    "gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky " +
    "kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl " +
    "no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr " +
    "ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za " +
    "zm zw"
  ).split(" "),
);

/** No word of English or Spanish, nor the beginning of a sentence. */
const NO_WORDS = "com net org biz xyz icu mobi io ru cn tk mx cl br fr pt pl nl ec uy";
/** Words beside what they are in a host: a sentence may begin with them. */
const WORDS =
  "info app dev page pages site web online shop store club top link click live life world today news blog cloud tech " +
  "digital email chat help support pay money bank cash finance credit loan bet casino game games fun win vip pro name edu gov " +
  "center zone space host website agency group company team work works run gift sale tienda one new plus best cat eus gal es";
/** Country codes that are small words, units or abbreviations: `punto de`, `dot in`. */
const SMALL_WORDS =
  "ad al am as at be by cm cv de do eu gb id in ir is it kg km la ma me mg ml mm my ni no pa pm ps sa se si so su to tv uk us va ve";

const alternatives = (words: string) => words.split(" ").join("|");
const small = new Set(SMALL_WORDS.split(" "));
const sure = new Set(NO_WORDS.split(" "));
const otherCountries = [...COUNTRIES].filter((code) => code !== "es" && !small.has(code) && !sure.has(code));

/** For regular expressions. */
export const ENDINGS = {
  sure: alternatives(NO_WORDS),
  words: `${alternatives(WORDS)}|${otherCountries.join("|")}`,
  /** A sentence may begin with them, and with none of the countries' that are also names of people (`Dr. Lu`). */
  longWords: alternatives(WORDS),
  small: alternatives(SMALL_WORDS),
} as const;
