// What was left of very many invitations follows in one run of the timer, and what lost its turn to be sent is asked for again.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { createInvitation } from '../../../shared/azure/surveys-store.ts';
import type { AuditEntry } from '../../../shared/domain/audit.ts';
import { type Invitation, type InvitationId, withNews } from '../../../shared/domain/survey/invitation.ts';
import { followUpLeft } from '../../../shared/flows/surveys/follow-up.ts';
import { createLog } from '../../../shared/log.ts';
import { answer } from '../../support/answer.ts';
import { invitation } from '../../support/invitation.ts';
import { useLeftWork } from '../../support/left-work.ts';
import { until } from '../../support/until.ts';

const { clients, published, stack, close } = await useLeftWork();
const bus = new ServiceBusClient(stack.serviceBus.connectionString);
after(async () => {
  await bus.close();
  await close();
});
const { surveys } = clients.database;
const at = '2026-03-02T18:00:00.000Z';
const context = { clock: () => new Date(), log: createLog(() => {}) };

async function invite(name: string, count: number, change: (one: Invitation) => Invitation) {
  const ids: InvitationId[] = [];
  for (let n = 0; n < count; n += 1) {
    const made = change(invitation({ attendanceId: `${name} ${n}` }));
    await createInvitation(surveys, made);
    ids.push(made.invitationId);
  }
  return ids.toSorted();
}

async function left(): Promise<InvitationId[]> {
  const query = 'SELECT VALUE c.pk FROM c WHERE c.untoldSince < "2027"';
  return (await surveys.items.query<InvitationId>(query).fetchAll()).resources.toSorted();
}

test('hundreds of invitations are followed up in one run, whatever is among them that cannot be', async () => {
  // What is restored has an entry for the trail with it; the database takes none whose id has a slash.
  const refused = { id: 'not/taken', month: '2026-03' } as unknown as AuditEntry;
  const stuck = await invite('stuck', 105, one => ({
    ...one,
    untold: [{ type: 'changed', at, answer: answer(4, { changes: 1 }), audit: refused }],
    untoldSince: at,
  }));
  const others = await invite('invited', 120, one => withNews(one, { type: 'invited', at }));
  const tried: InvitationId[] = [];
  const log = createLog((_level, line) => {
    const fact = JSON.parse(line);
    if (fact.event === 'survey-unfinished') tried.push(fact.invitationId);
  });
  await followUpLeft(clients, { ...context, log });
  assert.deepEqual(await left(), stuck);
  assert.deepEqual(tried.toSorted(), stuck);
  const ids = (await published(225)).filter(id => id.endsWith(':invited'));
  assert.deepEqual(ids.toSorted(), others.map(id => `${id}:invited`).toSorted());
});

test('hundreds that lost their turn to be sent are asked for again, whatever else is left', async () => {
  const sending = { state: 'waiting', messageId: '<1@exemplo.com.br>', attempts: 1, sentAt: null } as const;
  const overdue = await invite('overdue', 120, one => ({ ...one, sending: { ...sending, notBefore: at } }));
  await followUpLeft(clients, context);
  const asked = new Set<string>();
  const receiver = bus.createReceiver('send-invitations', { receiveMode: 'receiveAndDelete' });
  await until('the messages', async () => {
    for (const { body } of await receiver.receiveMessages(100, { maxWaitTimeInMs: 1_000 })) {
      asked.add(body.invitationId);
    }
    return asked.size >= overdue.length;
  });
  assert.deepEqual([...asked].toSorted(), overdue);
});

test('a run ends after a minute, and the next one goes on', async () => {
  const before = (await left()).length;
  await invite('later', 20, one => withNews(one, { type: 'invited', at }));
  // Each look at the clock is a second after the one before.
  let now = Date.now();
  const clock = () => {
    now += 1000;
    return new Date(now);
  };
  const tried: string[] = [];
  const log = createLog((_level, line) => void tried.push(line));
  await followUpLeft(clients, { clock, log });
  assert.ok(tried.length < before, `${tried.length} of ${before} were tried`);
  await followUpLeft(clients, context);
  assert.equal((await left()).length, before);
});
