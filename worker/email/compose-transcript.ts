/** The chat so far, as it goes below a reply (S11): chosen, dated and written once as text and once as HTML. */
import type { Channel } from "../../durable-objects/conversation/protocol.ts";
import { escapeHtml, renderLink, renderText } from "./compose-html.ts";
import { MAIL_TEXTS } from "./compose-texts.ts";
import { REPLY_ABOVE_LINE, type ReplyMarkerLocale, TRANSCRIPT_CLASSES } from "./reply-marker.ts";

const TRANSCRIPT_MESSAGES_MAX = 20;
/** Bytes of UTF-8, of the messages' own texts and names. */
export const TRANSCRIPT_BYTES_MAX = 30_000;

export interface TranscriptEntry {
  /** Epoch ms. */
  at: number;
  channel: Channel;
  by: "visitor" | "company";
  /** Null for a visitor who gave no name: to them, that is *You*. */
  authorName: string | null;
  text: string;
  /** `url` is a signed link, or null where there is none to give. */
  files: { name: string; url: string | null }[];
  /** Whether this person wrote it as a mail or was sent it by mail. */
  isKnownByMail: boolean;
}

export interface TranscriptSettings {
  locale: ReplyMarkerLocale;
  /** IANA name; unknown ones count as UTC. */
  timeZone: string;
}

export interface Transcript {
  text: string;
  html: string;
}

/** Oldest first in, oldest first out; null where nothing is left to show. */
export function composeTranscript(entries: readonly TranscriptEntry[], settings: TranscriptSettings): Transcript | null {
  const wanted = entries.filter((entry) => entry.channel !== "note" && !entry.isKnownByMail);
  const chosen = chooseNewest(wanted);
  if (chosen.length === 0) return null;
  const clock = createClock(settings);
  const texts = MAIL_TEXTS[settings.locale];
  const marker = REPLY_ABOVE_LINE[settings.locale];
  const title = texts.transcriptTitle(clock.timeZone);
  const textLines = [marker, "", title];
  const htmlParts = [renderHiddenMarker(marker), `<p style="${MUTED}">${escapeHtml(title)}</p>`];
  if (chosen.length < wanted.length) {
    textLines.push(texts.earlierLeftOut);
    htmlParts.push(`<p style="${MUTED}">${escapeHtml(texts.earlierLeftOut)}</p>`);
  }

  let day = "";
  for (const entry of chosen) {
    const entryDay = clock.formatDay(entry.at);
    if (entryDay !== day) {
      day = entryDay;
      textLines.push("", day);
      htmlParts.push(`<p style="${DAY}">${escapeHtml(day)}</p>`);
    }
    const heading = { name: entry.authorName ?? texts.unnamedVisitor, time: clock.formatTime(entry.at) };
    textLines.push("", ...renderEntryText(entry, heading));
    htmlParts.push(renderEntryHtml(entry, heading));
  }
  // Mail clients and our own quote cutter fold what is inside these classes.
  const html = `<div class="${TRANSCRIPT_CLASSES}" style="${BOX}">${htmlParts.join("")}</div>`;
  return { text: textLines.join("\n"), html };
}

const BOX = "margin-top:24px;padding-top:8px;border-top:1px solid #8884";
const MUTED = "margin:8px 0;font-size:13px;opacity:0.75";
const DAY = "margin:16px 0 4px;font-size:13px;font-weight:600;opacity:0.75";

interface Heading {
  name: string;
  time: string;
}

function renderEntryText(entry: TranscriptEntry, heading: Heading): string[] {
  const files = entry.files.map(({ name, url }) => (url === null ? `[${name}]` : `[${name}] ${url}`));
  return [`${heading.time} ${heading.name}:`, ...(entry.text === "" ? [] : [entry.text]), ...files];
}

function renderEntryHtml(entry: TranscriptEntry, heading: Heading): string {
  const files = entry.files.map(({ name, url }) => `<br>${url === null ? escapeHtml(name) : renderLink(url, name)}`);
  const title = `<b>${escapeHtml(heading.name)}</b> <span style="font-size:13px;opacity:0.75">${escapeHtml(heading.time)}</span>`;
  return `<div dir="auto" style="margin:8px 0">${title}<br>${renderText(entry.text)}${files.join("")}</div>`;
}

/** Hidden in every way that some mail client needs; still text, so that it comes back in quoted answers. */
function renderHiddenMarker(marker: string): string {
  return `<div style="display:none;max-height:0;overflow:hidden;font-size:0;mso-hide:all">${escapeHtml(marker)}</div>`;
}

/** The newest that fit; one message that is too long by itself is cut instead of leaving nothing. */
function chooseNewest(entries: readonly TranscriptEntry[]): TranscriptEntry[] {
  const chosen: TranscriptEntry[] = [];
  let bytes = 0;
  for (const entry of entries.slice(-TRANSCRIPT_MESSAGES_MAX).reverse()) {
    const files = entry.files.map(({ name, url }) => name + (url ?? "")).join("");
    bytes += countBytes((entry.authorName ?? "") + entry.text + files);
    if (bytes > TRANSCRIPT_BYTES_MAX) {
      if (chosen.length === 0) chosen.push({ ...entry, text: `${cutToBytes(entry.text, TRANSCRIPT_BYTES_MAX)} …` });
      break;
    }
    chosen.push(entry);
  }
  return chosen.reverse();
}

function countBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Never in the middle of a character. */
function cutToBytes(text: string, bytesMax: number): string {
  const bytes = new Uint8Array(bytesMax);
  const { read } = new TextEncoder().encodeInto(text, bytes);
  return text.slice(0, read);
}

interface Clock {
  timeZone: string;
  formatDay: (at: number) => string;
  formatTime: (at: number) => string;
}

/** Days and times of the recipient's zone. */
export function createClock({ locale, timeZone }: TranscriptSettings): Clock {
  const zone = isTimeZone(timeZone) ? timeZone : "UTC";
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeZone: zone });
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
  return { timeZone: zone, formatDay: (at) => day.format(at), formatTime: (at) => time.format(at) };
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
