// A worker that dies between any two steps of an order: the order is given or not, and what follows it comes once.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { closeClients, getClients } from '../../shared/clients.ts';
import type { LedgerRecord } from '../../shared/domain/mail/ledger-record.ts';
import { followUpLeft } from '../../shared/flows/orders/follow-up.ts';
import { createLog } from '../../shared/log.ts';
import { useMailroom } from '../support/mailroom.ts';
import { watchSteps } from '../support/steps.ts';
import { keepUnread } from '../support/unread-mail.ts';
import { until } from '../support/until.ts';

// Only what the test asks for is a step: no timer is at work beside it.
const timers = ['resume-replays', 'follow-up-orders', 'forget-mails', 'finish-stored'];
const room = await useMailroom({
  environment: Object.fromEntries(timers.map(name => [`AzureWebJobs.${name}.Disabled`, 'true'])),
});
const { dovecot } = room;
const steps = watchSteps(room.stack);
after(closeClients);

/** As many as the longest order has steps, and two that nothing disturbs. */
const MAILS = 14;

const clients = async () => {
  Object.assign(process.env, room.environment);
  return getClients();
};

async function recordOf(key: string): Promise<LedgerRecord> {
  const { ledger } = (await clients()).database;
  const { resource } = await ledger.item(key, key.split('.')[0]).read<LedgerRecord>();
  return resource ?? assert.fail(`${key} is gone`);
}

type Order = {
  verb: 'approve' | 'reject' | 'discard' | 'replay';
  body?: object;
  /** Whether the service has the filter, which holds its mail. */
  filtered?: boolean;
  /** What else is ordered before. */
  prepare?: (key: string) => Promise<unknown>;
  /** Its mails were set aside unread, with their raws in Blob. */
  unread?: true;
  action: 'approved' | 'rejected' | 'discarded' | 'replayed';
  /** How the mail is at the end, with the only event that the order has. */
  state: LedgerRecord['state'];
  type: string;
  id: (key: string) => RegExp;
  deliveries?: number;
};

const exactly = (suffix: string) => (key: string) => new RegExp(`^${RegExp.escape(key)}${suffix}$`);
const at = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;
const post = (key: string, { verb, body }: Pick<Order, 'verb' | 'body'>) =>
  room.call('POST', `/api/mails/${key}/${verb}`, {
    as: verb === 'discard' ? 'Platform' : 'Supervisor',
    ...(body && { body }),
  });

const orders: Record<string, Order> = {
  'an approval': {
    verb: 'approve',
    filtered: true,
    action: 'approved',
    state: 'published',
    type: 'mail.received',
    id: exactly(''),
  },
  'a rejection': {
    verb: 'reject',
    filtered: true,
    action: 'rejected',
    state: 'rejected',
    type: 'mail.rejected',
    id: exactly(`:rejected:${at}`),
  },
  'an approval of what was rejected': {
    verb: 'approve',
    body: { overrideRejection: true },
    filtered: true,
    prepare: key => post(key, { verb: 'reject' }),
    action: 'approved',
    state: 'published',
    type: 'mail.received',
    id: exactly(''),
  },
  'a discard': {
    verb: 'discard',
    action: 'discarded',
    state: 'published',
    type: 'mail.discarded',
    id: exactly(`:discarded:${at}`),
  },
  'a replay of what was published': {
    verb: 'replay',
    action: 'replayed',
    state: 'published',
    type: 'mail.received',
    id: exactly(':2'),
    deliveries: 2,
  },
  'a replay of what never was published': {
    verb: 'replay',
    unread: true,
    action: 'replayed',
    state: 'published',
    type: 'mail.received',
    id: exactly(''),
  },
  'a replay of what has not passed the filter': {
    verb: 'replay',
    filtered: true,
    unread: true,
    action: 'replayed',
    state: 'held',
    type: 'mail.held',
    id: exactly(':held'),
  },
};

const rawOf = (n: number) =>
  `From: ana@example.net\r\nSubject: ${n}\r\nMessage-ID: <${n}@example.net>\r\n\r\nText ${n}\r\n`;

/** A service with mails that are as the order finds them; their keys. */
async function mailsFor({ filtered = false, prepare, unread }: Order): Promise<string[]> {
  const mailbox = await dovecot.newMailbox();
  if (!unread) for (let n = 0; n < MAILS; n += 1) await mailbox.deliver('INBOX', rawOf(n));
  const service = await room.register(mailbox, { approvalRequired: filtered });
  await room.fetch(service);
  if (unread)
    return Promise.all(
      Array.from({ length: MAILS }, async (_, n) => keepUnread(await clients(), service, rawOf(n))),
    );
  await room.received(service, filtered ? 'mail.held' : 'mail.received', MAILS);
  const { json } = await room.call('GET', `/api/mails?serviceId=${service}&limit=200`);
  const keys = json.items.map(({ id }: { id: string }) => id);
  for (const key of keys) await prepare?.(key);
  return keys;
}

/** Whether the ledger knows of the order; all that follows it may still be to come. */
function isGiven({ decision, discard, replays = [] }: LedgerRecord, { action }: Order): boolean {
  return [decision, discard, ...replays].some(order => order?.action === action);
}

/** The steps of an order that nothing disturbs: its record is written when it is given, and when all has followed. */
async function stepsOf(key: string, order: Order): Promise<string[]> {
  const isOver = (all: string[]) => all.filter(step => step === 'batch ledger').length === 2;
  return steps.watch(async () => assert.equal((await post(key, order)).status, 200), isOver);
}

function isSend(step: string): number {
  return Number(step.startsWith('send '));
}

/** What the timer does two minutes from now. */
async function followUp(): Promise<void> {
  const clock = () => new Date(Date.now() + 120_000);
  await followUpLeft(await clients(), { log: createLog(() => {}), clock });
}

describe('after the death of its worker between any two steps', { skip: dovecot.skip }, () => {
  for (const [name, order] of Object.entries(orders)) {
    test(`${name} has one event, one entry in the trail, and a final record`, async t => {
      const keys = await mailsFor(order);
      const [warm = '', undisturbed = '', ...rest] = keys;
      await stepsOf(warm, order);
      const all = await stepsOf(undisturbed, order);
      t.diagnostic(all.join(', '));
      // With one mail each, a step is kept waiting until the worker is dead: it is done then, and nothing that comes after it.
      const killed = Promise.withResolvers<void>();
      const answers: Promise<unknown>[] = [];
      // A send that waits keeps others waiting for their turn.
      const steppedOn = [...all.entries()].toSorted(([, a], [, b]) => isSend(a) - isSend(b));
      for (const [index, step] of steppedOn) {
        const count = all.slice(0, index + 1).filter(name => name === step).length;
        const held = steps.hold(step, count, killed.promise);
        answers.push(post(rest[index] ?? assert.fail('there are too few mails'), order).catch(() => {}));
        await held;
      }
      await room.worker().kill();
      killed.resolve();
      await Promise.all(answers);
      await room.restart();

      const done = rest.slice(0, all.length);
      for (const key of done)
        if (!isGiven(await recordOf(key), order)) assert.equal((await post(key, order)).status, 200);
      await followUp();
      for (const key of done) {
        const { state, untold, deliveries } = await recordOf(key);
        assert.deepEqual([state, untold, deliveries], [order.state, undefined, order.deliveries]);
        const events = await until('its event', () => {
          const found = room
            .events(key)
            .filter(({ type, id }) => type === order.type && order.id(key).test(id));
          return found.length > 0 && found;
        });
        assert.equal(events.length, 1);
        const trail = await room.call('GET', `/api/audit?kind=mail&target=${key}`);
        const entries = trail.json.items.filter(({ action }: { action: string }) => action === order.action);
        assert.equal(entries.length, 1);
      }
    });
  }
});
