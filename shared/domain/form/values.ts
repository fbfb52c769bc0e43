// What people write, read as what a field is: numbers and dates as their language has them, or nothing at all.
import type { Language } from '../settings.ts';
import { type FormField, fold } from './form.ts';

/** Characters of a value that are kept. */
export const LONGEST_VALUE = 500;

export type FieldValue = string | number | boolean;

/** The value of a text in a field; undefined when it does not fit: an invention would be worse. */
export function readValue(field: FormField, text: string, language: Language): FieldValue | undefined {
  const written = text.trim();
  if (written === '') return undefined;
  switch (field.type) {
    case 'text':
      return written;
    case 'number':
      return readNumber(written, language);
    case 'date':
      return readDate(written, language);
    case 'yesNo':
      return answers.get(fold(written.slice(0, LONGEST_VALUE)));
    case 'choice':
      return field.choices.find(choice => fold(choice) === fold(written.slice(0, LONGEST_VALUE)));
  }
}

const answers = new Map<string, boolean>([
  ...['sim', 's', 'yes', 'y', 'si', 'true'].map((word): [string, boolean] => [word, true]),
  ...['nao', 'n', 'no', 'false'].map((word): [string, boolean] => [word, false]),
]);

/** More digits than these are not told exactly by a number. */
const MOST_DIGITS = 15;
const LONGEST_NUMBER = 40;
const latin = [/^[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?$/, '.', ','] as const;
const english = [/^[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$/, ',', '.'] as const;

/** `1.234,56` in Portuguese and Spanish, `1,234.56` in English; without marks of thousands in all of them, with a dot too. */
function readNumber(written: string, language: Language): number | undefined {
  const [pattern, thousands, decimal] = language === 'en' ? english : latin;
  if (written.length > LONGEST_NUMBER || written.replace(/\D/g, '').length > MOST_DIGITS) return undefined;
  if (pattern.test(written)) return Number(written.replaceAll(thousands, '').replace(decimal, '.'));
  return /^[-+]?\d+\.\d+$/.test(written) ? Number(written) : undefined;
}

/** `2026-04-12` anywhere, `12/04/2026` in Portuguese and Spanish, `4/12/2026` in English. @returns `2026-04-12` */
function readDate(written: string, language: Language): string | undefined {
  const iso = /^(\d{4})-(\d{2})-(\d{2})(?:T[\d:.]{5,12}(?:Z|[+-]\d\d:\d\d)?)?$/.exec(written);
  if (iso) return toDate(iso[1], iso[2], iso[3]);
  const [, first, second, year] = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(written) ?? [];
  return language === 'en' ? toDate(year, first, second) : toDate(year, second, first);
}

function toDate(year = '', month = '', day = ''): string | undefined {
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const instant = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(date) ? date : undefined;
}
