// How mail programs mark what a reply quotes and how they sign it, in the languages of our customers and their neighbours.

/** Verbs that end a line such as "On 3 May 2024, Ana <ana@example.com> wrote:". */
const wrote = [
  ...[
    'wrote',
    'writes',
    'escreveu',
    'escribió',
    'escribio',
    'écrit',
    'ecrit',
    'ha scritto',
    'scritto',
    'schrieb',
  ],
  ...[
    'schreef',
    'skrev',
    'kirjoitti',
    'pisze',
    'napisał\\(a\\)',
    'napisała?',
    'napsala?',
    'написал\\(а\\)',
    'написала?',
  ],
  ...[
    'пишет',
    'пише',
    'написав',
    'написала?',
    '写道',
    '寫道',
    '작성',
    'のメッセージ',
    '書きました',
    'yazdı',
    'γραψε',
  ],
].join('|');

/** Verbs that stand before the name: "Am 3. Mai 2024 schrieb Ana <ana@example.com>:". */
const wroteBeforeName = 'schrieb|schreef|skrev|pisze|пишет|написал';

/** The end of an attribution. The text is one line, or up to four joined by blanks. */
export const attributionEnds: RegExp[] = [
  new RegExp(`(?:${wrote})\\s?(?:[:：]|-{2,})?[\\s*_]{0,3}-{0,6}$`, 'iu'),
  new RegExp(`(?:^|\\s)(?:${wroteBeforeName})\\s[^:]{3,200}(?::[^:]{1,40})?:$`, 'iu'),
  // Gmail without a verb: "2016-10-24 15:36 GMT+02:00 Ana <ana@example.com>:"
  /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\s[^<>]{2,150}<[^<>]{3,150}>\s?:?$/,
  /^\d{4}-\d\d-\d\d \d{1,2}:\d\d GMT[+-]\d\d:\d\d\s\S[^:]{1,100}:?$/,
];

/** What an attribution has somewhere: a digit of its date, or an address. */
export const attributionEvidence = /[\d@<]/;

/** How an attribution that is broken over lines begins. */
export const attributionStart =
  /^[-*_\s]{0,8}(?:(?:On|At|Em|No dia|El|Le|Il|Il giorno|Am|Op|Den|På|Dne|Dnia|W dniu|Vào|Tarihinde|在|于)\s|\d{1,4}[-/.年\s]|\p{L}{2,12}\.?,\s\d|[^<>]{2,80}<)/iu;

/** A line that separates the reply from a whole mail below it. */
export const originalMessage =
  /^[\s*_>]{0,4}(?:-{2,}\s{0,3}(?:original message|original appointment|forwarded message|reply message|mensagem original|mensagem encaminhada|mensagem reencaminhada|mensaje original|mensaje reenviado|message d'origine|message original|message transféré|messaggio originale|messaggio inoltrato|(?:ur)?sprüngliche nachricht|originalnachricht|weitergeleitete nachricht|oorspronkelijk bericht|doorgestuurd bericht|ursprungligt meddelande|oprindelig meddelelse|oprindelig besked|opprinnelig melding|wiadomość oryginalna|исходное сообщение|原始邮件|原始郵件)\s{0,3}-{2,}|(?:begin forwarded message|início da mensagem encaminhada|inicio del mensaje reenviado|début du message réexpédié|anfang der weitergeleiteten nachricht|inizio messaggio inoltrato)\s?:)[\s*_]{0,4}$/iu;

const senderName = 'From|De|Da|Von|Van|Från|Fra|Od|От|От кого|Від|发件人|寄件者|差出人|보낸 사람';
const otherNames = [
  ...['Sent', 'Date', 'To', 'Cc', 'Subject', 'Reply-To'],
  ...['Enviad[oa](?: em| el)?', 'Data', 'Para', 'Assunto', 'Fecha', 'Asunto', 'Responder a', 'Cco?'],
  ...['Envoyé(?: le)?', 'À', 'Objet', 'Répondre à', 'Gesendet', 'Datum', 'An', 'Betreff', 'Antwort an'],
  ...[
    'Verzonden',
    'Aan',
    'Onderwerp',
    'Inviato',
    'A',
    'Oggetto',
    'Risposta',
    'Skickat',
    'Till',
    'Ämne',
    'Kopia',
  ],
  ...[
    'Sendt',
    'Til',
    'Emne',
    'Dato',
    'Wysłane',
    'Do',
    'Temat',
    'Дата',
    'Отправлено',
    'Кому',
    'Тема',
    'Копия',
  ],
  ...['发送时间', '收件人', '主题', '抄送', '日期', '送信日時', '宛先', '件名'],
].join('|');

/** The header lines that Outlook and others write above what they quote. Bold is written with asterisks. */
export const quotedSender = new RegExp(
  `^[\\s*_>]{0,4}(?:${senderName})\\s?[*_]{0,2}\\s?[:：][*_]{0,2}\\s?\\S`,
  'iu',
);
export const quotedField = new RegExp(
  `^[\\s*_>]{0,4}(?:${senderName}|${otherNames})\\s?[*_]{0,2}\\s?[:：]`,
  'iu',
);

/** A line of punctuation alone: underscores, dashes, asterisks, or Gmail's tracking mark. */
export const ornament = /^[\s>]*(?:[-_=~*#+•—–.]{2,}|ᐧ|—|\*)\s*$/u;

/** RFC 3676 4.3: two dashes and a blank begin the signature; many clients lose the blank or use a long dash. */
export const signatureStart = /^(?:-- ?|—|__)\s*$/;

/** Lines that telephones and programs add. */
export const deviceSignature =
  /^[\s<([*_]{0,4}(?:(?:sent|send|envoyé|enviad[oa]|inviato|gesendet|verzonden|verstuurd|skickat|sendt|lähetetty|wysłan[oe]|отправлено)\s(?:from|via|with|by|using|depuis|de|à partir de|avec|do|da|pelo|pela|desde|dal|da|con|von|mit|vanaf|met|från|fra|z|с|из)\s.{1,150}|from my (?:iphone|ipad|android|mobile|samsung|phone)\b.{0,80}|someone from mobile|(?:von|diese nachricht wurde von) (?:meinem|meiner|mein)\s.{2,100}gesendet\.?|(?:get|obter o|obtenha o|baixe o|obtener|descarga|télécharger|obtenir|holen sie sich|download|scarica)\s(?:outlook|yahoo mail|mailbird)\s.{1,150}|(?:從我的|从我的|发自我的|發自我的|寄自我的).{1,60}|.{1,40}から送信|나의 .{1,40}에서 보냄)$/iu;
