/**
 * A mail to an address that somebody has only typed: what they wrote is left out of it but for a few words without any
 * address, and it says whose words those are (T23). Pure.
 */
import { MAIL_TEXTS } from "./compose-texts.ts";
import type { TranscriptEntry } from "./compose-transcript.ts";
import type { ComposeInput } from "./compose.ts";
import { leaveOutContactPoints, openAllowance, type VisitorWords } from "./visitor-words.ts";

export function withoutStrangersWords(input: ComposeInput): ComposeInput {
  const texts = MAIL_TEXTS[input.locale].words[input.typedIn];
  const words = openAllowance(texts, input.visitorTexts);
  const bare = (text: string) => leaveOutContactPoints(text, texts);
  const text = words.takeQuotes(input.text);
  // The newest words say most: what is allowed is used for them first.
  const shown = input.transcript.filter(({ channel, isKnownByMail }) => channel !== "note" && !isKnownByMail);
  const newestFirst = shown.toReversed().map((entry) => bareEntry(entry, { words, bare, name: texts.writtenBy }));
  return {
    ...input,
    text,
    transcript: newestFirst.toReversed(),
    // A name that was typed is somebody's word about somebody: it stands in no header.
    recipient: { ...input.recipient, name: null },
    subject: input.subject.kind === "reply" ? { kind: "reply", to: bare(input.subject.to) } : input.subject,
  };
}

function bareEntry(
  entry: TranscriptEntry,
  { words, bare, name }: { words: VisitorWords; bare: (text: string) => string; name: string },
): TranscriptEntry {
  if (entry.by === "company") return { ...entry, text: words.takeQuotes(entry.text) };
  return {
    ...entry,
    authorName: name.replace(/:$/, ""),
    text: words.take(entry.text),
    files: entry.files.map((file) => ({ name: bare(file.name), url: null })),
  };
}
