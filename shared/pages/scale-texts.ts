// The words of choices that surveys have built in, in each language.
import type { Language } from '../domain/settings.ts';

type ScaleTexts = {
  /** From 1 to 5. */
  csat: readonly [string, string, string, string, string];
  /** What the ends of a scale of numbers mean: the lowest, the highest. */
  nps: readonly [string, string];
  ces: readonly [string, string];
  yes: string;
  no: string;
};

export const scaleTexts: Record<Language, ScaleTexts> = {
  'pt-BR': {
    csat: ['Péssimo', 'Ruim', 'Regular', 'Bom', 'Ótimo'],
    nps: ['nada provável', 'muito provável'],
    ces: ['muito difícil', 'muito fácil'],
    yes: 'Sim',
    no: 'Não',
  },
  en: {
    csat: ['Very poor', 'Poor', 'Fair', 'Good', 'Very good'],
    nps: ['not at all likely', 'very likely'],
    ces: ['very difficult', 'very easy'],
    yes: 'Yes',
    no: 'No',
  },
  es: {
    csat: ['Muy mala', 'Mala', 'Regular', 'Buena', 'Muy buena'],
    nps: ['nada probable', 'muy probable'],
    ces: ['muy difícil', 'muy fácil'],
    yes: 'Sí',
    no: 'No',
  },
};
