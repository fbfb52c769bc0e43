// What a subject says of a mail: whether it answers or passes on another one, in the languages of mail programs.

/** Those of Outlook in each language, and of the clients that translate them. RFC 5322 3.6.5 knows `Re: ` alone. */
const replyPrefixes =
  'RE|RES|RESP|AW|ANTW|ANTWORT|SV|VS|ODP|R|RIF|ATB|YNT|ΑΠ|ΣΧΕΤ|ОТВ|ОТВЕТ|ВІДП|回复|回覆|答复|答覆|返信|답장|תגובה|رد';
const forwardPrefixes =
  'FW|FWD|ENC|RV|TR|WG|I|DOORST|VB|VL|VIDERESENDT|PD|PŘ|ΠΡΘ|İLT|ILT|TOVÁBBÍTÁS|ПЕРЕСЛ|转发|轉寄|転送|전달|הועבר';

/** Marks such as `[EXTERNAL]` and the number of answers so far (`Re[2]:`, `Re (3):`) may stand around. */
const prefix = (names: string) =>
  new RegExp(
    `^(?:\\[[^\\]]{1,60}\\]\\s{0,3}){0,3}(?:${names})\\s?(?:\\[\\d{1,3}\\]|\\(\\d{1,3}\\))?\\s?[:：]`,
    'iu',
  );
const reply = prefix(replyPrefixes);
const forward = prefix(forwardPrefixes);

/** What the outermost prefix of a subject says; null without one. */
export function subjectSays(subject: string): 'reply' | 'forward' | null {
  const beginning = subject.slice(0, 300).trim();
  if (reply.test(beginning)) return 'reply';
  return forward.test(beginning) ? 'forward' : null;
}
