// The sentence that introduces a quote: "On 3 May 2024 at 10:00, Ana <ana@example.com> wrote:", in any language.

import { isQuoted, longestMark, nextText } from './quoted-lines.ts';

/** It is broken over so many lines at most. */
const longestAttribution = 4;

/** What ends it: a colon or, at Zoho and old mobile phones, dashes. Bold and rules may stand behind. */
const end = /(?:[:：]|\S\s?-{2,})[\s*_\u200e\u200f\u202c]{0,4}$/u;

const verbs = [
  'wrote|writes|escreveu|escribi[óo]|(?:a )?[ée]crit|ha scritto|scritto|scrisse|schrieb|geschrieben',
  'geschreven|schreef|skrev|kirjoitti|pisze|napisał(?:\\(?a\\)?)?|napsal(?:\\(?a\\)?)?|napísala?|ezt írta|yazdı|a scris',
  'пишет|пише|написав|написала?|написал\\(а\\)|έγραψε|đã viết|כתב(?:ה)?|写道|寫道|작성|のメッセージ|書きました',
].join('|');
/** In most languages the verb ends the sentence. */
const verbAtEnd = new RegExp(`(?<!\\p{L})(?:${verbs})[\\s:：*_-]{0,12}$`, 'iu');
/** Some programs leave the colon out; then the address stands directly before. */
const verbAfterAddress = new RegExp(`[>)\\]]\\s?(?:${verbs})$`, 'iu');
/** In northern ones it stands before the name. */
const verbBeforeName =
  /(?<!\p{L})(?:schrieb|schreef|skrev|kirjoitti|pisze|пишет|написал|odesílatel|napisana przez)\s(?:[^:.!?,]{2,60}[:：]$|.{0,120}@)/iu;
/** In those of Portugal, Finland and Hungary it stands behind the address or the name, and before the time. */
const verbBeforeTime = new RegExp(
  `(?:[>)\\]]\\s?(?:${verbs})\\s|(?:${verbs})\\s(?:\\p{L}{1,4}\\s){0,2}[\\d./-]{6,10},?\\s(?:\\p{L}{1,5}\\s)?[\\d:.]{4,8}[:：]$)`,
  'iu',
);

/**
 * Where it may begin: a date, after a preposition, the day of the week or both, with no end of a sentence between.
 * Zoho draws dashes before.
 */
const startsWithDate =
  /^[-*_\s"]{0,10}(?:[\p{L}״׳'’-]{1,16}(?:\.(?!\s\p{Lu}))?,?\s){0,4}\p{L}{0,3}\d{1,4}(?!\d)/u;
/** A day and a month: in figures, or beside a word. The time of day has figures too, and some write it with a dot. */
const dayAndMonth = new RegExp(
  [
    '\\d{1,4}/\\d{1,2}(?!\\d)|\\d{1,4}[.-]\\s?\\d{1,2}[.-]|\\d\\s?[月월]\\s?\\d',
    '(?<![\\d:.hH])\\d{1,2}(?:st|nd|rd|th|º|\\.)?[\\s-](?:de |of )?\\p{L}{3}',
    '\\p{L}{3}\\.?\\s\\d{1,2}(?!\\d|[:.hH]\\d)',
  ].join('|'),
  'u',
);
const year = /(?<!\d)(?:19|20)\d\d(?!\d)|\d[./]\s?\d{1,2}[./]\s?\d{2}(?!\d)/;
const clock = /(?<![\d.])\d{1,2}[:.hH]\d{2}(?!\.?\d)/;
/** In brackets, as programs write it; bare in old ones. */
const address = /[<([][^<>@]{1,100}@[^\s<>@]{1,250}/;
const bareAddress = /[^\s<>@]@[^\s<>@]/;
/** Hebrew and Arabic ones stand between marks of direction. */
const addressAtEnd =
  /@[^\s<>@]{1,250}(?:<mailto:[^<>]{1,250}>)?[\s\u200e\u200f\u202c]{0,2}>[\s:：\u200e\u200f\u202c]{0,4}$/u;
const twoSentences = /\p{L}{4}[.!?]\s\p{Lu}/u;
/** Names are written with capitals, but for these words and for names of one word. */
const particles =
  /^(?:de|da|do|dos|das|del|di|du|la|le|van|von|der|den|zu|e|y|und|and|of|from|via|at|napisana|przez)$/;

/**
 * The length in lines of an attribution that begins at this line, 0 when none does. It needs evidence, an address, a
 * date with a time of day, or a quote below it, and never reaches across an empty line; of several lines where it could
 * begin the last one counts, so that the sentence above it stays.
 */
export function attributionLength(lines: string[], at: number): number {
  if (at >= lines.length || isQuoted(lines[at] as string)) return 0;
  for (let last = at; last < at + longestAttribution; last++) {
    const line = lines[last];
    if (line === undefined || line === '' || line.length > longestMark) return 0;
    const quotedBelow = isQuoted(lines[nextText(lines, last + 1)] ?? '');
    if (!end.test(line) && !verbAfterAddress.test(line) && !(quotedBelow && addressAtEnd.test(line)))
      continue;
    const start = latestStart(lines, last, quotedBelow);
    if (start !== null) return start === at ? last - at + 1 : 0;
  }
  return 0;
}

/** The last line at which the attribution that ends at `last` can begin; null when it is none. */
function latestStart(lines: string[], last: number, quotedBelow: boolean): number | null {
  let withoutDate: number | null = null;
  let joined = '';
  for (let start = last; start >= 0 && last - start < longestAttribution; start--) {
    const line = lines[start] as string;
    if (line === '' || line.length > longestMark) break;
    joined = joined === '' ? line : `${line} ${joined.replace(/^>\s?/, '')}`;
    // Only an address that is broken over lines may go on in a line that looks quoted.
    if (joined.length > longestMark || isQuoted(line)) continue;
    const kind = kindOf(joined, quotedBelow, lines[start - 1] ?? '');
    if (kind === 'timed' || (kind === 'dated' && withoutDate === null)) return start;
    if (kind !== null) withoutDate ??= start;
  }
  return withoutDate;
}

/** What a sentence has of an attribution. */
function kindOf(sentence: string, quotedBelow: boolean, above: string): 'timed' | 'dated' | 'named' | null {
  const verb = verbAtEnd.test(sentence) || verbBeforeName.test(sentence) || verbBeforeTime.test(sentence);
  const withAddress = address.test(sentence);
  if (startsWithDate.test(sentence) && dayAndMonth.test(sentence)) {
    const timed = clock.test(sentence);
    // Gmail, Yandex and Mail.ru have no verb in some languages.
    if (timed && year.test(sentence) && addressAtEnd.test(sentence)) return 'timed';
    const evidence = withAddress || quotedBelow || bareAddress.test(sentence) || year.test(sentence);
    if (timed && verb && evidence) return 'timed';
    if ((verb && (withAddress || quotedBelow)) || (quotedBelow && addressAtEnd.test(sentence)))
      return 'dated';
  }
  if (!verb) return null;
  const dated = clock.test(sentence) && dayAndMonth.test(sentence);
  if (withAddress && startsWithName(sentence)) return dated ? 'timed' : 'named';
  if (dated && verbBeforeTime.test(sentence)) return 'timed';
  return quotedBelow && above === '' && !twoSentences.test(sentence) ? 'named' : null;
}

function startsWithName(sentence: string): boolean {
  const name = /^[-*_\s]{0,8}([^<>([]{1,120})[<([]/u.exec(sentence)?.[1]?.trim() ?? '';
  const words = name.split(/\s+/);
  const isOfName = (word: string) =>
    (!/^\p{Ll}/u.test(word) || particles.test(word)) && !/.{4}\.$|[!?]$/.test(word);
  return /\p{L}/u.test(name) && (words.length === 1 || words.every(isOfName));
}
