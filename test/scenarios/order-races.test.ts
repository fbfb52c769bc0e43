// Orders that overtake each other: what follows the first is still under way when the second is given.
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { closeClients, getClients } from '../../shared/clients.ts';
import type { LedgerRecord } from '../../shared/domain/mail/ledger-record.ts';
import { useMailroom } from '../support/mailroom.ts';
import { until } from '../support/until.ts';

const room = await useMailroom();
const { dovecot } = room;
const { faults } = room.stack.serviceBus;
afterEach(() => faults.clear());
after(closeClients);

async function recordOf(key: string): Promise<LedgerRecord> {
  Object.assign(process.env, room.environment);
  const { ledger } = (await getClients()).database;
  const { resource } = await ledger.item(key, key.split('.')[0]).read<LedgerRecord>();
  return resource ?? assert.fail(`${key} is gone`);
}

/** Keeps the next event from being taken by the bus, until it is let go. */
async function holdNextEvent(give: () => void): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  faults.add({ on: 'send mail-events', action: 'delay', until: promise, times: 1 });
  give();
  await until('the event to be sent', () => faults.list().length === 0);
  return resolve;
}

test('a mail rejected and let in all the same is published, whichever of the two is brought to its end first', {
  skip: dovecot.skip,
}, async () => {
  const mailbox = await dovecot.newMailbox();
  await mailbox.deliver('INBOX', 'From: a@example.net\r\nSubject: both\r\n\r\nText\r\n');
  const service = await room.register(mailbox, { approvalRequired: true });
  await room.fetch(service);
  const [held] = await room.received(service, 'mail.held', 1);
  const key = held?.id.replace(':held', '') ?? assert.fail();
  const answers: Promise<{ status: number }>[] = [];
  const decide = (verb: string, body: object) => () =>
    void answers.push(room.call('POST', `/api/mails/${key}/${verb}`, { as: 'Supervisor', body }));

  const letRejectionGo = await holdNextEvent(decide('reject', {}));
  const letApprovalGo = await holdNextEvent(decide('approve', { overrideRejection: true }));
  letRejectionGo();
  await until('the rejection to be told', async () => (await recordOf(key)).untold?.length === 1);
  const between = await recordOf(key);
  assert.deepEqual([between.state, between.decision?.action], ['approving', 'approved']);
  letApprovalGo();
  await until('the approval to be told', async () => (await recordOf(key)).untold === undefined);
  const { state, decision, overridden } = await recordOf(key);
  assert.deepEqual([state, decision?.action, overridden?.action], ['published', 'approved', 'rejected']);
  assert.deepEqual(
    (await Promise.all(answers)).map(({ status }) => status),
    [200, 200],
  );
  await room.received(service, 'mail.received', 1);
  assert.equal(room.events(service).filter(({ type }) => type === 'mail.rejected').length, 1);
});
