// Surveys with questions of every kind, for tests.
import type { AskedQuestion, AskedSurvey } from '../../shared/domain/survey/question.ts';

/** One question of each kind: those of scales required, the others not. */
export const everyKind: AskedSurvey = {
  type: 'custom',
  questions: [
    { id: 'atendimento', type: 'csat', text: 'Como você avalia a atenção que recebeu?', required: true },
    { id: 'indicacao', type: 'nps', text: 'Você nos indicaria a um amigo?', required: true },
    { id: 'esforco', type: 'ces', text: 'Foi fácil resolver o que precisava?', required: true },
    {
      id: 'canal',
      type: 'choice',
      text: 'Por onde prefere falar conosco?',
      required: false,
      choices: ['E-mail', 'Telefone', 'Mensagem'],
    },
    { id: 'resolvido', type: 'yesNo', text: 'O seu caso foi resolvido?', required: false },
    { id: 'falta', type: 'text', text: 'O que faltou?', required: false },
  ],
  commentDisabled: false,
  linkText: null,
};

/** As many questions as a survey may have, each with as many choices. */
export function largestSurvey(words: (question: number, choice: number) => string): AskedSurvey {
  const questions = Array.from({ length: 20 }, (_, question): AskedQuestion => {
    const choices = Array.from({ length: 20 }, (_, choice) => words(question, choice + 1));
    return { id: `pergunta-${question}`, type: 'choice', text: words(question, 0), required: true, choices };
  });
  return { type: 'custom', questions, commentDisabled: false, linkText: null };
}
