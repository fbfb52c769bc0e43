// What a form says: every kind of question, what is missing, and what no form of ours sends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AskedQuestion, AskedSurvey } from '../../../shared/domain/survey/question.ts';
import { type FormFault, readAnswer, valuesOf } from '../../../shared/domain/survey/read-answer.ts';
import { everyKind } from '../../support/survey-questions.ts';

const read = (values: Record<string, string>, survey = everyKind) =>
  readAnswer(survey, new URLSearchParams(values), 'pt-BR');
const required = { 'q.atendimento': '5', 'q.indicacao': '10', 'q.esforco': '7' };

function faultsIn(values: Record<string, string>, survey?: AskedSurvey): FormFault[] {
  const result = read(values, survey);
  assert.ok('faults' in result, JSON.stringify(result));
  return result.faults;
}

test('every kind of question is read as what it is, and is shown again as it was', () => {
  const values = {
    ...required,
    'q.canal': '3',
    'q.resolvido': 'no',
    'text.falta': ' Duas\r\nlinhas ',
    comment: 'Obrigada',
  };
  const result = read(values);
  assert.ok('answers' in result);
  const said = result.answers.map(({ questionId, kind, value }) => [questionId, kind, value]);
  assert.deepEqual(said, [
    ['atendimento', 'csat', 5],
    ['indicacao', 'nps', 10],
    ['esforco', 'ces', 7],
    ['canal', 'choice', 'Mensagem'],
    ['resolvido', 'yesNo', false],
    ['falta', 'text', 'Duas\nlinhas'],
  ]);
  assert.equal(result.comment, 'Obrigada');
  const shown = Object.fromEntries(valuesOf(everyKind, result));
  assert.deepEqual(shown, { ...values, 'text.falta': 'Duas\nlinhas' });
});

test('what may be left out is left out, and a blank is nothing', () => {
  const result = read({ ...required, 'text.falta': ' \r\n ', comment: '\t' });
  assert.ok('answers' in result);
  assert.deepEqual([result.answers.length, result.comment], [3, null]);
});

test('every fault is told at once, in the order of the questions', () => {
  const faults = faultsIn({
    'q.indicacao': '11',
    'q.esforco': '0',
    'q.canal': '4',
    'q.resolvido': 'talvez',
    'text.falta': 'x'.repeat(1_001),
    comment: 'x'.repeat(1_001),
  });
  assert.deepEqual(
    faults.map(({ field, fault }) => [field, fault]),
    [
      ['q.atendimento', 'missing'],
      ['q.indicacao', 'notAChoice'],
      ['q.esforco', 'notAChoice'],
      ['q.canal', 'notAChoice'],
      ['q.resolvido', 'notAChoice'],
      ['text.falta', 'tooLong'],
      ['comment', 'tooLong'],
    ],
  );
});

test('scales have their ends, and nothing beyond or between', () => {
  const scale = (type: 'csat' | 'nps' | 'ces') => {
    const question: AskedQuestion = { id: 'a', type, text: 'A?', required: true };
    const survey: AskedSurvey = { ...everyKind, questions: [question] };
    const written = ['-1', '0', '1', '5', '6', '7', '8', '10', '11', '1.5', '1e1', '٣', ' 3 ', '003'];
    return written.filter(value => 'answers' in read({ 'q.a': value }, survey)).map(Number);
  };
  assert.deepEqual(scale('csat'), [1, 5, 3]);
  assert.deepEqual(scale('ces'), [1, 5, 6, 7, 3]);
  assert.deepEqual(scale('nps'), [0, 1, 5, 6, 7, 8, 10, 3]);
});

test('line ends of a form count as one character, and control characters as none', () => {
  const text = 'a\r\n'.repeat(500);
  const result = read({ ...required, comment: `${text}\0\u0007` });
  assert.ok('answers' in result);
  assert.equal(result.comment, 'a\n'.repeat(500).trim());
});

test('where no comment is wanted one is refused', () => {
  const faults = faultsIn({ ...required, comment: 'Olá' }, { ...everyKind, commentDisabled: true });
  assert.deepEqual(faults, [{ field: 'comment', fault: 'notAsked' }]);
});
