// Which of our languages a page speaks to whoever asks for it.
import Negotiator from 'negotiator';
import type { Language } from '../domain/settings.ts';

/** What browsers ask for, and what they get: of Portuguese we have Brazil's alone. */
const languages: Record<string, Language> = { 'pt-BR': 'pt-BR', pt: 'pt-BR', en: 'en', es: 'es' };

/** The language that a browser likes best of ours (RFC 9110 12.5.4); the usual one if it names none of them. */
export function languageFor(acceptLanguage: string | null, usual: Language): Language {
  const negotiator = new Negotiator({ headers: { 'accept-language': acceptLanguage?.slice(0, LONGEST) } });
  // The usual one first: it is what "any" means (`*`, or no header).
  const [best] = negotiator.languages([usual, ...Object.keys(languages)]);
  return languages[best ?? usual] ?? usual;
}

/** Characters; browsers send fewer than a hundred. */
const LONGEST = 500;
