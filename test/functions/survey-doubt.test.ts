// What a machine posts over what a person said: the person's word stays, and a person can always have the last one.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Api, startApi } from '../http/api.ts';
import { answer } from '../support/answer.ts';
import { invite } from '../support/survey-visitor.ts';

let api: Api;
before(async () => {
  api = await startApi({}, ['survey-page']);
});
after(() => api.close());

const said = { 'q.satisfaction': '5', comment: '' };
const other = { 'q.satisfaction': '1', comment: '' };
const trapped = { website: 'https://spam.example' };

for (const [name, sign] of [
  ['fills in what nobody sees', trapped],
  ['has no time in its form', { shown: '' }],
] as const) {
  test(`a post that ${name} changes nothing of a person's answer, and comes back to be sent once more`, async () => {
    const visitor = await invite(api);
    await visitor.post(said);
    const page = await visitor.post({ ...other, ...sign });
    assert.equal(page.status, 422);
    assert.match(page.html, /role="alert">.*envie mais uma vez.*value="1"[^>]* checked/s);
    const kept = await visitor.kept();
    assert.deepEqual(
      [kept.answer?.answers[0]?.value, kept.answer?.suspect, kept.answer?.changes],
      [5, false, 0],
    );
    // What the page brings along now is good, once there was time to read.
    assert.equal((await visitor.post(other)).status, 303);
    assert.equal((await visitor.kept()).answer?.answers[0]?.value, 1);
  });
}

test('who says the same once more, now as a person does, is believed', async () => {
  const visitor = await invite(api);
  await visitor.post({ ...said, ...trapped });
  assert.equal((await visitor.kept()).answer?.suspect, true);
  assert.equal((await visitor.post({ ...said, ...trapped })).status, 303);
  assert.deepEqual((await visitor.kept()).answer?.changes, 0);
  assert.equal((await visitor.post(said)).status, 303);
  const { answer: kept } = await visitor.kept();
  assert.deepEqual([kept?.suspect, kept?.changes, kept?.answers[0]?.value], [false, 1, 5]);
});

test('a suspect answer that can be changed no more stays one, whoever repeats it', async () => {
  const locked = { answer: answer(5, { suspect: true }), changeableHours: 0 };
  const visitor = await invite(api, locked);
  assert.equal((await visitor.post(said)).status, 303);
  assert.equal((await visitor.kept()).answer?.suspect, true);
});
