// Which of our languages is meant by a language tag as platforms keep them (BCP 47, RFC 5646).
import type { Language } from './settings.ts';

const ours: Record<string, Language> = { pt: 'pt-BR', en: 'en', es: 'es' };

/** Whether a text may be a language tag; some write `pt_BR`. */
export function isLanguageTag(text: string): boolean {
  return localeOf(text) !== undefined;
}

/** Ours, of whatever region: `pt` and `pt-PT` are pt-BR, `es-MX` is es. Undefined of a language that we do not speak. */
export function languageOfTag(text: string): Language | undefined {
  return ours[localeOf(text)?.language ?? ''];
}

function localeOf(text: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(text.replaceAll('_', '-'));
  } catch {
    return undefined;
  }
}
