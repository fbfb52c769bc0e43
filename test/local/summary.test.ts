// The line a minute that `npm start` prints.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Summary } from '../../local/summary.ts';

test('a minute is summed up in one line, and the next begins anew', () => {
  const summary = new Summary();
  summary.note({ event: 'mailbox-fetched', outcome: 'done' });
  summary.note({ event: 'mail-recorded', rawSizeBytes: 1_500 });
  summary.note({ event: 'mail-recorded', rawSizeBytes: 2_500 });
  summary.note({ event: 'survey-answered' });
  for (const _ of [1, 2]) summary.note({ event: 'mailbox-failed', code: 'login_refused' });
  assert.equal(summary.take(), '1 fetches, 2 mails (4 kB), 1 answers; 2 x mailbox-failed login_refused');
  assert.equal(summary.take(), '0 fetches, 0 mails (0 kB), 0 answers; nothing failed');
});
