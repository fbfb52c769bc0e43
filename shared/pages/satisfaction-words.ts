// The built-in question of the standard survey, and what its choices are called, in each language.
import type { Language } from '../domain/settings.ts';

type SatisfactionWords = {
  question: string;
  /** From 1, the worst, to 5. */
  choices: readonly [string, string, string, string, string];
};

export const satisfactionWords: Record<Language, SatisfactionWords> = {
  'pt-BR': {
    question: 'Como foi o nosso atendimento?',
    choices: ['Muito ruim', 'Ruim', 'Regular', 'Bom', 'Muito bom'],
  },
  en: {
    question: 'How was our service?',
    choices: ['Very poor', 'Poor', 'Fair', 'Good', 'Very good'],
  },
  es: {
    question: '¿Cómo fue nuestra atención?',
    choices: ['Muy mala', 'Mala', 'Regular', 'Buena', 'Muy buena'],
  },
};
