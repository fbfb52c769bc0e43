import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextTrouble } from '../../../shared/domain/backoff.ts';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { newMailbox } from '../../../shared/domain/mailbox/mailbox.ts';
import { healthy } from '../../../shared/flows/intake/trouble.ts';

const now = new Date('2026-11-22T10:00:00Z');
const missing = { code: 'destination_missing', message: 'There is no folder "Feito".', cure: '' } as const;
const mailbox = {
  ...newMailbox('s1' as ServiceId),
  trouble: nextTrouble(null, { ...missing, code: 'login_refused' }, now),
  disposalTrouble: nextTrouble(null, missing, now),
};

test('a fetch that went well ends the trouble of reading, and of tidying once nothing is left to tidy', () => {
  assert.equal(healthy(mailbox, now).trouble, null);
  assert.equal(healthy(mailbox, now).disposalTrouble, null);
  assert.equal(healthy({ ...mailbox, takenIn: '7' }, now).disposalTrouble, mailbox.disposalTrouble);
});
