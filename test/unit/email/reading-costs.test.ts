/** What reading costs, counted in steps: never more than the budget allows, whatever the mail, and others have their turn. */
import { describe, expect, test } from "vitest";
import type { LeftOut } from "../../../durable-objects/conversation/protocol.ts";
import type { ParsedMail } from "../../../worker/email/mail.ts";
import { doAtOnce, Pace } from "../../../worker/email/pace.ts";
import { parseMail, readMailChunks } from "../../../worker/email/parse.ts";
import {
  ADDRESSES_MAX,
  BYTES_PER_STEP,
  ENCODED_WORDS_MAX,
  MESSAGE_IDS_MAX,
  SMALL_BUDGET,
  STEPS_PER_SLICE,
  WHOLE_BUDGET,
  type ReadingBudget,
} from "../../../worker/email/reading-budget.ts";
import { cutQuotes } from "../../../worker/email/strip-quotes.ts";
import { htmlToLines } from "../../../worker/email/html-lines.ts";
import { HOSTILE_SHAPES, type HostileShape } from "../../support/hostile-mails.ts";

const KIB = 1024;
/** Ms: hundreds of mails on a machine that is busy with other tests. */
const MANY_TIMEOUT_MS = 60_000;
const IDENTITY = { from: "vera@example.test", messageId: "hostile@example.test" };
const CHUNK_BYTES = 64 * KIB;

/** What is counted for each byte, whatever it is: it is scanned, decoded, kept. */
const STEPS_PER_BYTE = 8 / BYTES_PER_STEP;
/** And what a budget can cost, in steps: lines are looked at twice (as a forward, as an answer), and so are tags (for what they hide, as text). */
const costOf = ({ lines, tags, parts, headerLines, headerBytes, textBytes, htmlBytes, boxBytes }: ReadingBudget): number =>
  lines * 20 + tags * 60 + parts * 60 + headerLines * 45 + headerBytes / 8 + (textBytes + htmlBytes) / 40 + boxBytes / 8 + 10_000;

function* cut(raw: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < raw.length; at += CHUNK_BYTES) yield raw.subarray(at, at + CHUNK_BYTES);
}

async function count(shape: HostileShape, bytes: number, budget = WHOLE_BUDGET): Promise<Pace> {
  const pace = new Pace({ rest: () => Promise.resolve() });
  await readMailChunks(cut(shape.build(bytes, IDENTITY)), { pace, budget });
  return pace;
}

const families = [...new Set(HOSTILE_SHAPES.map(({ family }) => family))];

describe("[T19] [A14] the steps of reading a hostile mail", { timeout: MANY_TIMEOUT_MS }, () => {
  test.each(families)("are bounded by its bytes and the budget, and no slice is long: %s", async (family) => {
    for (const shape of HOSTILE_SHAPES.filter((one) => one.family === family)) {
      const pace = await count(shape, 600 * KIB);
      const name = `${shape.family}: ${shape.name}`;
      expect([name, pace.steps]).toEqual([name, Math.min(pace.steps, 600 * KIB * STEPS_PER_BYTE + costOf(WHOLE_BUDGET))]);
      expect([name, pace.longestSlice]).toEqual([name, Math.min(pace.longestSlice, STEPS_PER_SLICE * 4)]);
      expect(pace.rests).toBeGreaterThanOrEqual(Math.floor(pace.steps / (STEPS_PER_SLICE * 4)));
    }
  });

  test.each(families)("grow no faster than the mail does: %s", async (family) => {
    for (const shape of HOSTILE_SHAPES.filter((one) => one.family === family)) {
      const [small, large] = [await count(shape, 60 * KIB), await count(shape, 240 * KIB)];
      const name = `${shape.family}: ${shape.name}`;
      expect([name, large.steps]).toEqual([name, Math.min(large.steps, small.steps * 4.5 + 5_000)]);
    }
  });

  test("are few in the small budget, whatever the size", async () => {
    for (const shape of HOSTILE_SHAPES) {
      const { steps } = await count(shape, 150 * KIB, SMALL_BUDGET);
      const name = `${shape.family}: ${shape.name}`;
      expect([name, steps]).toEqual([name, Math.min(steps, 150 * KIB * STEPS_PER_BYTE + costOf(SMALL_BUDGET))]);
    }
  });

  test("of 12 MB of delimiters are no more than of 2 MB, but for looking at them", async () => {
    const shape = HOSTILE_SHAPES.find(({ family, name }) => family === "delimiters" && name === "--b CRLF");
    if (shape === undefined) throw new Error("no such shape");
    const [some, many] = [await count(shape, 2_000_000), await count(shape, 12_000_000)];
    // Four delimiters are a step, and so is a quarter of a kilobyte.
    expect(many.steps - some.steps).toBeLessThan((10_000_000 / 5 / 4 + 10_000_000 / BYTES_PER_STEP) * 1.05);
  });

  test("a rest is a turn of whatever is given, after every slice", async () => {
    const turns: number[] = [];
    const pace = new Pace({ rest: async () => void turns.push(pace.steps), stepsPerSlice: 100 });
    for (let n = 0; n < 10; n += 1) await pace.spend(30);
    expect(turns).toEqual([120, 240]);
    const value = await pace.do(
      (function* () {
        yield 60;
        yield Promise.resolve();
        yield 60;
        return "done";
      })(),
    );
    expect([value, turns]).toEqual(["done", [120, 240, 360]]);
  });

  test("the cutter counts each line that it compares with the words of all languages", () => {
    let steps = 0;
    const work = cutQuotes(htmlToLines("<p>On a day in March</p>".repeat(500)), "");
    for (let next = work.next(); next.done !== true; next = work.next()) steps += next.value;
    expect(steps).toBeGreaterThan(500 * 8);
    expect(doAtOnce(cutQuotes([], "")).text).toBe("");
  });
});

const HEAD = "From: Vera <vera@example.test>\r\nMessage-ID: <limits@example.test>\r\n";
const multipart = (parts: string[], type = "mixed"): string =>
  `${HEAD}Content-Type: multipart/${type}; boundary=b\r\n\r\n${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--\r\n`;
const FILE = "Content-Type: application/pdf; name=a.pdf\r\n\r\nfile";

const read = (raw: string, budget: ReadingBudget = WHOLE_BUDGET): Promise<ParsedMail> =>
  readMailChunks([new TextEncoder().encode(raw)], { budget });

describe(
  "[T19] past a limit the rest is left out before a parser sees it, and that is said",
  { timeout: MANY_TIMEOUT_MS },
  () => {
    const { headerLines, headerBytes, parts, nesting, files, lines, textBytes, htmlBytes, tags } = WHOLE_BUDGET;
    const nested = Array.from(
      { length: nesting + 1 },
      (_, n) => `Content-Type: multipart/mixed; boundary=n${n}\r\n\r\n--n${n}\r\n`,
    );

    test.each<[string, string, LeftOut, Partial<ParsedMail>]>([
      [
        "header lines",
        `${HEAD}${"X: y\r\n".repeat(headerLines)}\r\nHello`,
        { kind: "headers", count: 3 },
        { text: "Hello", messageId: "limits@example.test" },
      ],
      [
        "one endless header",
        `${HEAD}X: ${"y".repeat(headerBytes)}\r\n\r\nHello`,
        { kind: "headers", count: 2 },
        { text: "Hello" },
      ],
      [
        "parts",
        multipart(["\r\nHello", ...Array.from({ length: parts }, () => "\r\nmore")]),
        { kind: "parts", count: 2 },
        { messageId: "limits@example.test" },
      ],
      ["levels of parts", `${HEAD}${nested.join("")}\r\n\r\nToo deep`, { kind: "nesting", count: 1 }, { text: "" }],
      [
        "files",
        multipart(["\r\nHello", ...Array.from({ length: files + 7 }, () => FILE)]),
        { kind: "files", count: 7 },
        { text: "Hello" },
      ],
      ["lines", `${HEAD}\r\n${"a\r\n".repeat(lines + 10)}`, { kind: "lines", count: 10 }, {}],
      ["text", `${HEAD}\r\n${"a".repeat(textBytes + 5)}`, { kind: "text", count: 5 }, {}],
      ["HTML", `${HEAD}Content-Type: text/html\r\n\r\n${"a".repeat(htmlBytes + 5)}`, { kind: "html", count: 5 }, {}],
      [
        "tags",
        `${HEAD}Content-Type: text/html\r\n\r\nHello${"<i>".repeat(tags)}<b>bold</b>`,
        { kind: "html", count: "<b>bold</b>\n".length },
        { text: "Hello" },
      ],
      [
        "addresses",
        `${HEAD}To: ${Array.from({ length: ADDRESSES_MAX + 20 }, (_, n) => `p${n}@x.example`).join(", ")}\r\n\r\nHello`,
        { kind: "addresses", count: 20 },
        { text: "Hello" },
      ],
    ])("%s", async (_limit, raw, leftOut, found) => {
      const mail = await read(raw);
      expect(mail.leftOut).toContainEqual(leftOut);
      expect(mail).toMatchObject(found);
      expect(mail.from?.address).toBe("vera@example.test");
    });

    test("an ordinary mail says nothing, and neither does one at its limits", async () => {
      expect((await read(multipart(["\r\nHello", FILE]))).leftOut).toEqual([]);
      const full = multipart(["\r\nHello", ...Array.from({ length: files }, () => FILE)]);
      expect((await read(full)).leftOut).toEqual([]);
      expect((await read(full)).attachments).toHaveLength(files);
    });

    test("of endless references the first and the newest are kept", async () => {
      const ids = Array.from({ length: 2_000 }, (_, n) => `<r${n}@x.example>`);
      const { references } = await read(`${HEAD}References: ${ids.join(" ")}\r\n\r\nHello`);
      expect(references).toHaveLength(MESSAGE_IDS_MAX);
      expect([references[0], references.at(-1)]).toEqual(["r0@x.example", "r1999@x.example"]);
    });

    test("of endless encoded words the first are read, and the rest stays as it is written", async () => {
      const word = "=?utf-8?q?=C3=B1?=";
      const { subject } = await read(`${HEAD}Subject: ${`${word}\r\n `.repeat(ENCODED_WORDS_MAX + 50)}\r\n\r\nHello`);
      expect(subject.match(/^ñ+/u)?.[0]).toHaveLength(ENCODED_WORDS_MAX);
      expect(subject).toContain(word);
    });

    test("files that would be more in memory than may be go to the store, as they come", async () => {
      const bytes = 20_000;
      const file = (n: number) => `Content-Type: application/pdf; name=${n}.pdf\r\n\r\n${"x".repeat(bytes)}`;
      const stored = new Map<number, number>();
      const openFile = (index: number) => ({
        write: async (part: Uint8Array) => void stored.set(index, (stored.get(index) ?? 0) + part.length),
        close: async () => undefined,
      });
      const raw = new TextEncoder().encode(multipart([file(0), file(1), file(2), file(3)]));
      const read = readMailChunks([raw], { budget: { ...WHOLE_BUDGET, filesKeptBytes: 50_000 }, openFile });
      expect((await read).attachments.map((one) => one.stored?.size ?? one.content.length)).toEqual(Array(4).fill(bytes));
      expect([...stored.values()]).toEqual([bytes, bytes]);
    });

    test("what is kept of a mail at once is a quarter of 64 MB, and a slice is no longer than was measured", () => {
      const { boxBytes, filesKeptBytes } = WHOLE_BUDGET;
      expect(headerBytes + textBytes + htmlBytes + boxBytes + filesKeptBytes).toBeLessThan((64 / 4) * KIB * KIB);
      expect(STEPS_PER_SLICE).toBeLessThanOrEqual(2_000);
    });

    test("endless empty lines mean nothing, and what stands below them is read", async () => {
      expect((await read(`${HEAD}\r\nHello${"\r\n".repeat(100_000)}the end`)).text).toMatch(/^Hello\n+the end$/);
    });

    test("a text that is cut inside a character keeps its charset", async () => {
      for (const odd of ["", "a"]) {
        const { text, leftOut } = await read(
          `${HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n${odd}${"ñ".repeat(textBytes)}`,
        );
        expect(text.slice(0, 20)).toBe(`${odd}${"ñ".repeat(20)}`.slice(0, 20));
        expect(leftOut?.[0]?.kind).toBe("text");
      }
    });

    test("the small budget reads headers and some text, and no files", async () => {
      const raw = multipart([`\r\n${"a line of words\r\n".repeat(6_000)}`, FILE, FILE]);
      const mail = await read(raw, SMALL_BUDGET);
      expect(mail.text.length).toBeLessThanOrEqual(SMALL_BUDGET.textBytes);
      expect(mail.text).toContain("a line of words");
      expect(mail.leftOut?.map(({ kind }) => kind).toSorted()).toEqual(["files", "lines", "text"]);
      expect(mail.attachments.map(({ stored, content }) => [stored?.key, content.length])).toEqual([
        [null, 0],
        [null, 0],
      ]);
      // What the parts are is still known: a bounce is one by them.
      expect(mail.attachments.map(({ type }) => type)).toEqual(["application/pdf", "application/pdf"]);
    });

    test("whatever is left out, nothing is thrown, and the author is known", async () => {
      for (const shape of HOSTILE_SHAPES) {
        const mail = await parseMail(shape.build(8 * KIB, IDENTITY), { envelopeFrom: "vera@example.test" });
        expect([shape.name, mail.from === null]).toEqual([shape.name, false]);
      }
    });
  },
);
