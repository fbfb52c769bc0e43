// The beginnings of a whole mail inside a text: the header lines that Outlook, Notes and web mailers write above what
// they quote, and the lines by which they separate it.

import { attributionLength } from './attribution.ts';
import { isQuoted, longestMark, nextText } from './quoted-lines.ts';

type Kind = 'from' | 'date' | 'to' | 'subject' | 'other';

/** The names of header fields, as programs translate them. */
const names: Record<Kind, string> = {
  from: 'From|De|Da|Von|Van|Från|Fra|Od|Odesílatel|Lähettäjä|Kimden|Gönderen|Feladó|De la|Από|От|От кого|Від|Від кого|发件人|寄件者|差出人|보낸 사람|מאת|من',
  date: 'Date|Sent|Data|Enviad[oa]s?|Enviad[oa] em|Enviado el|Enviada el|Fecha|Envoyé|Envoyé le|Gesendet|Gesendet am|Datum|Verzonden|Inviato|Skickat|Sendt|Dato|Wysłane|Wysłano|Odesláno|Lähetetty|Päivämäärä|Päiväys|Gönderildi|Tarih|Elküldve|Trimis|Στάλθηκε|Ημερομηνία|Дата|Отправлено|Надіслано|发送时间|日期|送信日時|日付|보낸 날짜|נשלח|תאריך|تاريخ',
  to: 'To|Para|À|A|An|Aan|Till|Til|Do|Komu|Vastaanottaja|Kime|Alıcı|Címzett|Către|Προς|Кому|收件人|宛先|받는 사람|אל|إلى',
  subject:
    'Subject|Assunto|Asunto|Objet|Betreff|Onderwerp|Oggetto|Ämne|Emne|Temat|Předmět|Aihe|Konu|Tárgy|Subiect|Θέμα|Тема|主题|主旨|件名|제목|נושא|موضوع',
  other:
    'Cco?|Bcc|Kopie|Kopia|Kopi|Kopio|Копия|Копія|抄送|CC:n|Reply-To|Responder a|Responder para|Répondre à|Antwort an|Risposta|Importance|Importância|Importancia|Priority|Attachments|Anexos|Organization|Reply to',
};
const kinds = Object.keys(names) as Kind[];

/** Bold is written with asterisks; Notes puts many blanks behind the colon, the French one before it. */
const field = new RegExp(
  `^[\\s*_]{0,4}(?:${kinds.map(kind => `(?<${kind}>${names[kind]})`).join('|')})\\s?[*_]{0,2}\\s?[:：]`,
  'iu',
);
const clock = /(?<![\d.])\d{1,2}\s?[:.hH]\s?\d{2}(?!\.?\d)/u;
const address = /[^\s@<>]@[^\s@<>]/;
/** A field of another name, as lists and forms have them. */
const label = /^\s{0,8}[\p{L} ]{1,30}:/u;
const needed: Kind[] = ['from', 'date', 'to', 'subject'];
/** The lists of recipients of a block, one address a line, come to this. */
const longestBlock = 40;

/**
 * The length of a block of header lines that begins at this line, 0 when there is none. It has a sender and a date, and
 * what a list of a journey or a filled-in form has not: an address, or else a subject and a time of day; recipients, or
 * else a time of day. It ends at an empty line; long values go on in the next line.
 */
export function quotedHeaderLength(lines: string[], at: number): number {
  if (kindOf(lines[at] ?? '') === null) return 0;
  const found = new Set<Kind>();
  let current: Kind | null = null;
  let addressed = false;
  let timed = false;
  let end = at;
  for (; end < lines.length && end - at < longestBlock && lines[end] !== ''; end++) {
    const line = (lines[end] as string).slice(0, longestMark);
    const kind = kindOf(line);
    // The first line of the text may stand directly below.
    if (kind === null && needed.every(each => found.has(each))) break;
    if (kind !== null) found.add(kind);
    current = kind ?? (label.test(line) ? null : current);
    if (current === 'from' || current === 'to') addressed ||= address.test(line);
    if (current === 'date') timed ||= clock.test(line);
  }
  if (!found.has('from') || !found.has('date')) return 0;
  const enough = addressed
    ? found.has('to') || (found.has('subject') && timed)
    : found.has('to') && found.has('subject') && timed;
  return enough ? end - at : 0;
}

function kindOf(line: string): Kind | null {
  const groups = field.exec(line.slice(0, 100))?.groups;
  return groups ? (kinds.find(kind => groups[kind] !== undefined) ?? null) : null;
}

const originalMessage = [
  'original message',
  'original appointment',
  'reply message',
  'mensagem original',
  'mensaje original',
  "message d'origine",
  'message original',
  'mail original',
  'messaggio originale',
  '(?:ur)?sprüngliche nachricht',
  'originalnachricht',
  'original-nachricht',
  'oorspronkelijk bericht',
  'ursprungligt meddelande',
  'oprindelig meddelelse',
  'oprindelig besked',
  'opprinnelig melding',
  'alkuperäinen viesti',
  'wiadomość oryginalna',
  'původní zpráva',
  'исходное сообщение',
  'оригинальное сообщение',
  'пересылаемое сообщение',
  '原始邮件',
  '原始郵件',
].join('|');
const separator = new RegExp(
  `^[\\s*_]{0,4}-{2,}\\s{0,3}(?:${originalMessage})\\s{0,3}-{2,}[\\s*_]{0,4}$`,
  'iu',
);

/**
 * The length of a line that separates the answer from the mail below it, with the header lines that follow it; 0 when
 * none do.
 */
export function separatorLength(lines: string[], at: number): number {
  const line = lines[at] as string;
  if (line.length > longestMark || !separator.test(line)) return 0;
  const next = nextText(lines, at + 1);
  const header = quotedHeaderLength(lines, next);
  if (header > 0) return next + header - at;
  // Some write a part of the header only, or a sentence.
  let end = next;
  while (end < lines.length && end - next < longestBlock && kindOf(lines[end] as string) !== null) end++;
  return end > next ? end - at : attributionLength(lines, next) > 0 ? 1 : 0;
}

const passedOn = [
  'forwarded message',
  'mensagem encaminhada',
  'mensagem reencaminhada',
  'mensaje reenviado',
  'message transféré',
  'messaggio inoltrato',
  'weitergeleitete nachricht',
  'doorgestuurd bericht',
  'vidarebefordrat meddelande',
  'videresendt (?:besked|meddelelse|melding)',
  'välitetty viesti',
  'przekazana wiadomość',
  'přeposlaná zpráva',
  'пересланное сообщение',
  'переслане повідомлення',
  '转发的邮件',
  '転送メッセージ',
].join('|');
/** Apple Mail writes a sentence instead of dashes. */
const passedOnBelow = [
  'begin forwarded message',
  'in[íi]cio da mensagem (?:re)?encaminhada',
  'inicio del mensaje reenviado',
  'début du message (?:réexpédié|transféré)',
  'anfang der weitergeleiteten (?:nachricht|e-mail)',
  'inizio messaggio inoltrato',
  'begin doorgestuurd bericht',
  'vidarebefordrat brev',
  'start på videresendt besked',
  'välitetty viesti alkaa',
  'początek przekazywanej wiadomości',
  'начало переадресованного сообщения',
].join('|');
const forward = new RegExp(
  `^[\\s*_>]{0,4}(?:-{2,}\\s{0,3}(?:${passedOn})\\s{0,3}-{2,}|(?:${passedOnBelow})\\s?:)[\\s*_]{0,4}$`,
  'iu',
);

/** Whether a mail that is passed on begins here: a line that says so, and below it the first line of its header. */
export function forwardMark(lines: string[], at: number): boolean {
  const line = lines[at] as string;
  if (line.length > longestMark || !forward.test(line)) return false;
  // Within a quote the empty lines are quoted too.
  let next = at + 1;
  while (next < lines.length && next - at < 5 && /^[\s>]*$/.test(unquoted(lines[next] as string))) next++;
  return kindOf(unquoted(lines[next] ?? '')) !== null || attributionLength(lines, next) > 0;
}

function unquoted(line: string): string {
  return isQuoted(line) ? line.slice(0, longestMark).replace(/^[\s>]{1,8}/, '') : line;
}
