// The survey of a service: ids of questions that outlive their words, and terms that older records lack.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyMergePatch, type JsonObject } from '../../../shared/domain/merge-patch.ts';
import { readServiceDocument, toDocument } from '../../../shared/domain/service/document.ts';
import type { Service } from '../../../shared/domain/service/service.ts';
import { completeSurvey } from '../../../shared/domain/service/survey.ts';
import { context, id, read, refusalOf } from './example.ts';

const custom = (...questions: JsonObject[]) => read({ survey: { type: 'custom', questions } }).service;
const changed = (current: Service, survey: JsonObject) =>
  readServiceDocument(
    id,
    applyMergePatch(toDocument(current), { survey, mailbox: { auth: { password: 'x' } } }),
    {
      ...context,
      current,
    },
  ).service;
const idsOf = ({ survey }: Service) =>
  survey.type === 'custom' ? survey.questions.map(question => question.id) : [];
const prazo = { type: 'csat', text: 'E o prazo?' };
const preco = { type: 'csat', text: 'E o preço?' };

describe('the id of a question', () => {
  test('is its own, or made of its type and words', () => {
    const ids = idsOf(custom(prazo, { ...preco, id: 'preco' }, { ...prazo, type: 'nps' }));
    assert.match(ids[0] ?? '', /^q-[0-9a-f]{10}$/);
    assert.equal(ids[1], 'preco');
    assert.equal(new Set(ids).size, 3);
    assert.deepEqual(idsOf(custom(prazo)), [ids[0]]);
  });

  test('stays when questions are moved, and when its words are changed under it', () => {
    const before = custom({ ...prazo, id: 'prazo' }, preco);
    const [, ofPreco = ''] = idsOf(before);
    assert.deepEqual(idsOf(changed(before, { questions: [preco, prazo] })), [ofPreco, 'prazo']);
    const reworded = changed(before, {
      questions: [
        { ...prazo, id: 'prazo' },
        { ...preco, id: ofPreco, text: 'Preço?' },
      ],
    });
    assert.deepEqual(idsOf(reworded), ['prazo', ofPreco]);
    // The words that made the id are another question's now.
    const [, , third] = idsOf(
      changed(reworded, {
        questions: [{ ...prazo, id: 'prazo' }, { ...preco, id: ofPreco, text: 'Preço?' }, preco],
      }),
    );
    assert.equal(third, `${ofPreco}-2`);
  });

  test('is one for each, also of two that say the same', () => {
    const ids = idsOf(custom(prazo, prazo));
    assert.deepEqual(ids, [ids[0], `${ids[0]}-2`]);
    const before = custom(prazo, prazo);
    assert.deepEqual(idsOf(changed(before, { questions: [prazo, prazo] })), ids);
  });

  test('is refused twice, or in another form', () => {
    const faultsOf = (...questions: JsonObject[]) => refusalOf(() => custom(...questions)).fields;
    assert.deepEqual(faultsOf({ ...prazo, id: 'a' }, { ...preco, id: 'a' }), [
      {
        field: 'survey.questions[1].id',
        message: 'survey.questions[1].id is the id of another question; give another, or leave it out.',
      },
    ]);
    for (const bad of ['A', '', 'a b', 'x'.repeat(41), 5])
      assert.equal(faultsOf({ ...prazo, id: bad }).length, 1);
  });
});

test('a survey from before there were terms has the usual ones, and its questions ids', () => {
  const standard = { type: 'standard', questionText: null, linkText: null, commentDisabled: true } as const;
  assert.deepEqual(completeSurvey(standard), {
    ...standard,
    delivery: 'platform',
    askAgainAfterDays: 0,
    expiresAfterDays: 14,
    changeableHours: 24,
    alertBelow: null,
  });
  const question = { type: 'csat', text: 'E o prazo?', required: false } as const;
  const kept = completeSurvey({ type: 'custom', questions: [question], commentDisabled: false });
  assert.ok(kept.type === 'custom');
  // The same as it gets when it is written again.
  assert.deepEqual(
    kept.questions.map(each => each.id),
    idsOf(custom(prazo)),
  );
  assert.deepEqual(completeSurvey({ type: 'none' }), { type: 'none' });
});

test('a survey with the usual terms is switched off by its type alone, one with its own by clearing them', () => {
  const usual = read({ survey: { type: 'standard' } }).service;
  assert.deepEqual(changed(usual, { type: 'none', commentDisabled: null }).survey, { type: 'none' });
  const own = read({ survey: { type: 'standard', expiresAfterDays: 30 } }).service;
  const { fields } = refusalOf(() => changed(own, { type: 'none', commentDisabled: null }));
  assert.deepEqual(
    fields.map(({ field }) => field),
    ['survey.expiresAfterDays'],
  );
});

test('terms beyond their limits are refused, each with its cure', () => {
  const faultsOf = (terms: JsonObject, questions?: JsonObject[]) =>
    refusalOf(() =>
      read({
        survey: { type: questions ? 'custom' : 'standard', ...(questions && { questions }), ...terms },
      }),
    ).fields.map(({ message }) => message);
  assert.deepEqual(
    faultsOf({
      delivery: 'fax',
      askAgainAfterDays: 366,
      expiresAfterDays: 0,
      changeableHours: 169,
      alertBelow: 6,
    }),
    [
      'survey.delivery must be "platform" (sends what the webhook answers) or "mailbox" (Malote sends it).',
      'survey.askAgainAfterDays must be a whole number from 0 to 365; leave it out to ask after every attendance.',
      'survey.expiresAfterDays must be a whole number from 1 to 90; leave it out for 14.',
      'survey.changeableHours must be a whole number from 0 to 168; leave it out for 24.',
      'survey.alertBelow must be a whole number from 1 to 5; leave it out for no alerts.',
    ],
  );
  assert.deepEqual(faultsOf({ alertBelow: 3 }, [{ type: 'nps', text: 'Recomendaria?' }]), [
    'survey.alertBelow needs a question of type "csat" to go by; add one, or clear it with null.',
  ]);
});
