// The end of a text that is no message: the signature below its mark, and what telephones and programs add.

import { isOrnament, isQuoted, longestMark } from './quoted-lines.ts';

/** A signature is no longer than this, and none of its lines is a paragraph. */
const signatureLines = 12;
const signatureCharacters = 100;

/** RFC 3676 4.3: two dashes and a blank; many clients lose the blank, some write a long dash. */
const exactMark = /^-- $/;
const looseMark = /^(?:--|—|__)$/;

/** Words in a signature that are none: a question, a postscript. */
const message = /\?$|^(?:p\.?\s?s\b|p\.?\s?d\b|obs\b|nb\b|n\.b\.)/iu;

const sent =
  '(?:sent|send|envoy[ée]e?|enviad[oa]|mandado|inviato|gesendet|verzonden|verstuurd|skickat|skickad|sendt|l[äa]hetetty|wysłan[oey]|odesláno|отправлено|надіслано|trimis)';
const by =
  '(?:from|via|with|by|using|depuis|de|d.|à partir de|à partir d.|avec|do|da|dal|a partir d[oe]|pelo|pela|por|desde|con|com o|com a|com|von|mit|vanaf|met|från|fra|med|z|ze|с|из|через|din)';
const my = '(?:my|meu|minha|mi|mon|ma|mio|mia|mijn|min|mit|mitt|meinem|meiner|mein|mojego|моего|моей|an?)';
/** What mails are written on. */
const things = [
  'iphone|ipad|ipod|imac|macbook|android|galaxy|samsung|motorola|moto|xiaomi|redmi|huawei|nokia|lg|htc|sony|xperia',
  'oneplus|pixel|alcatel|blackberry|ti-85|windows|outlook|microsoft|hotmail|gmail|yahoo|aol|airmail|mailbox|mailbird',
  'mail\\.ru|proton|protonmail|tutanota|zoho|k-9|thunderbird|bluemail|fastmail|gmx|web\\.de|t-online|telekom',
].join('|');
const kindsOfThings =
  'smartphone|telefone|telem[óo]vel|telefonino|telefon|tel[ée]fono|t[ée]l[ée]phone|celular|cellulare|mobile|m[óo]vil|mobiltelefon|mobilger[äa]t|handy|phone|cell|tablet|device|телефона|смартфона';

/** Whole lines that programs add. */
const added = new RegExp(
  `^[\\s<([*_]{0,4}(?:${[
    `${sent} ${by} ${my} (?:\\p{L}{1,12} )?(?<!\\p{L})(?:${things}|${kindsOfThings})(?!\\p{L}).{0,80}`,
    `${sent} ${by} \\[?e?-?mail\\]?(?:\\(.{1,80}\\))? (?:for|para|pour|für|per|voor|til|för) (?:o )?windows.{0,20}`,
    'sent (?:from|via|by) (?:my )?mobile(?: device| phone)?[)\\].]{0,2}',
    'l[äa]hetetty (?:\\p{L}{1,20} )?(?:iphone|ipad|android|samsung|outlook|puhelim)\\p{L}{0,8}.{0,40}',
    'from my (?:iphone|ipad|android|mobile|samsung|phone)(?!\\p{L}).{0,60}',
    'someone from mobile',
    '(?:von|diese nachricht wurde von) (?:meinem|meiner|mein) .{2,80}gesendet\\.?',
    '(?:get|obter o|obtenha o|baixe o|obtener|obt[ée]n|descarga|télécharger|obtenir|holen sie sich|download|scarica|ottieni|hanki|hämta|hent|pobierz|скачать) .{0,3}(?:outlook|yahoo mail|mailbird|bluemail)(?!\\p{L}).{0,150}',
    '(?:從我的|从我的|发自我的|發自我的|寄自我的).{1,60}',
    '.{1,40}から送信',
    '나의 .{1,40}에서 보냄',
  ].join('|')})$`,
  'iu',
);
/** A thing that is nobody's may have sent a parcel: then a sentence goes on. Names and a few words may follow. */
const sentByThing = new RegExp(
  `^[\\s<([*_]{0,4}${sent} ${by}\\s?(?:o |a )?(?:${things})(?!\\p{L})(?<rest>.{0,150})$`,
  'iu',
);
const wordsOfNames =
  /^(?:i?\p{Lu}.*|[\d.]+|.*https?:.*|for|para|pour|für|per|voor|til|för|on|no|na|en|sur|auf|su|på|da|do|o|mobile|device|mail|app|android|windows|['’]\p{L}{1,2})$/u;

function isAdded(line: string): boolean {
  if (line.length > longestMark) return false;
  if (added.test(line)) return true;
  const rest = sentByThing.exec(line)?.groups?.rest;
  const words = rest?.split(/[\s<>()[\]]+|[.,;]$/).filter(word => word !== '');
  return words?.every(word => wordsOfNames.test(word)) ?? false;
}

/** Takes off the signature at the end of a text, with the lines drawn above it. */
export function withoutSignature(lines: string[]): string[] {
  let kept = withoutAdded(lines);
  const mark = signatureMark(kept);
  if (mark !== null) kept = withoutAdded(kept.slice(0, mark));
  return kept;
}

/** The line of the mark: it stands once, near the end, with little behind it. */
function signatureMark(lines: string[]): number | null {
  let mark: number | null = null;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    if (!exactMark.test(line) && !looseMark.test(line)) continue;
    if (mark !== null) return null;
    mark = at;
  }
  if (mark === null) return null;
  const behind = lines.slice(mark + 1).filter(line => line !== '');
  const little = behind.length <= signatureLines && behind.every(line => line.length <= signatureCharacters);
  const above = lines[mark - 1] ?? '';
  // A line drawn between two paragraphs has an empty line on both sides.
  const sure =
    exactMark.test(lines[mark] as string) || ((above === '' || isQuoted(above)) && lines[mark + 1] !== '');
  return little && sure && !behind.some(line => message.test(line)) ? mark : null;
}

/** Takes off the last paragraph when programs wrote all of it, and drawn and empty lines. */
function withoutAdded(lines: string[]): string[] {
  let end = withoutDrawn(lines, lines.length);
  for (;;) {
    let start = end;
    while (start > 0 && isAdded(lines[start - 1] as string)) start--;
    // Directly below words of the sender it may be one more of them, but for those with a link.
    const above = lines[start - 1] ?? '';
    const apart = above === '' || isOrnament(above) || isQuoted(above) || /https?:/.test(lines[start] ?? '');
    if (start === end || !apart) return lines.slice(0, end);
    end = withoutDrawn(lines, start);
  }
}

function withoutDrawn(lines: string[], before: number): number {
  let end = before;
  while (end > 0 && (lines[end - 1] === '' || isOrnament(lines[end - 1] as string))) end--;
  return end;
}
