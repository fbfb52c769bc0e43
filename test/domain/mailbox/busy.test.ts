// A maildrop that is locked whenever we come: no trouble at first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { stillBusy } from '../../../shared/domain/mailbox/busy.ts';
import { newMailbox } from '../../../shared/domain/mailbox/mailbox.ts';

const words = { message: 'The mailbox is in use.', cure: 'Close the other client.' };
const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 10, minute));
const found = (minutes: number[]) =>
  minutes.reduce((mailbox, minute) => stillBusy(mailbox, words, at(minute)), newMailbox('s1' as ServiceId));

test('the fifth time in a row, or after ten minutes, it is a trouble since the first, which asks nobody to wait', () => {
  assert.equal(found([0, 1, 2, 3]).trouble, null);
  assert.equal(found([0, 9]).trouble, null);
  for (const minutes of [
    [0, 1, 2, 3, 4],
    [0, 60],
  ]) {
    const { trouble } = found(minutes);
    const last = at(minutes.at(-1) ?? 0).toISOString();
    assert.deepEqual(
      [trouble?.code, trouble?.since, trouble?.retryAt],
      ['mailbox_busy', at(0).toISOString(), last],
    );
  }
});
