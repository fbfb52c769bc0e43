// Which of our languages a page speaks to whoever asks for it.
import type { Language } from '../domain/settings.ts';

const languages: Record<string, Language> = { pt: 'pt-BR', en: 'en', es: 'es' };

/** The language that a browser likes best of ours (RFC 9110 12.5.4); the usual one if it names none of them. */
export function languageFor(acceptLanguage: string | null, usual: Language): Language {
  const wishes = (acceptLanguage ?? '').split(',', 20).map(wish => {
    const [range = '', ...parameters] = wish.split(';').map(part => part.trim().toLowerCase());
    const weight = parameters.find(parameter => parameter.startsWith('q='))?.slice(2);
    return {
      language: languages[range.split('-')[0] ?? ''],
      weight: weight === undefined ? 1 : Number(weight),
    };
  });
  const [best] = wishes
    .filter(({ language, weight }) => language !== undefined && weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  return best?.language ?? usual;
}
