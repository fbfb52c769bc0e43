// An answer to the standard survey as the customer's page records it, for tests that begin there.
import type { Answer } from '../../shared/domain/survey/answer.ts';
import { standardQuestionId } from '../../shared/domain/survey/question.ts';

/** A 5 without a comment, given on 2026-03-03 in São Paulo, unless told otherwise. */
export function answer(value = 5, changes: Partial<Answer> = {}): Answer {
  const question = 'Como você avalia o atendimento?';
  return {
    answeredAt: '2026-03-03T12:00:00.000Z',
    answeredDay: '2026-03-03',
    changedAt: null,
    changes: 0,
    language: 'pt-BR',
    answers: [{ questionId: standardQuestionId, kind: 'csat', question, value }],
    comment: null,
    suspect: false,
    alert: false,
    ...changes,
  };
}
