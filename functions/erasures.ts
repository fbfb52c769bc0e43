// HTTP and timer: a person is forgotten, by order of an administrator.
import { app as functions, type Timer } from '@azure/functions';
import { z } from 'zod';
import type { Erasure } from '../shared/azure/erasures-store.ts';
import { line } from '../shared/domain/schema-messages.ts';
import { carryOnErasures, findToErase, getErasure, orderErasure } from '../shared/flows/forget/erase.ts';
import { app } from '../shared/http/app.ts';
import { route } from '../shared/http/route.ts';
import { job } from '../shared/job.ts';

const admins = { roles: ['Admin'] } as const;
const addressCure = 'give the address of a correspondent, such as ana@example.com';

const order = z.strictObject({
  address: line(addressCure, 254).regex(/^[^\s@]+@[^\s@]+$/, `is not an e-mail address; ${addressCure}`),
  dryRun: z.boolean({ error: 'must be true or false' }).default(false),
});

/** What of a person is not in our hands, or is kept for a while; said with every answer. */
const stays = [
  'the copy at the mail server: delete it there',
  'events on the bus, up to 14 days, and in dead-letter queues until they are drained',
  'what the platform made of the events: it reads mailKeys and erases its own',
  'backups of the database and of Blob Storage, as long as these are kept',
  'the audit trail, which names mails by their keys, has the words of who decided about them, and the sender where many were decided by it',
  'mails that name the person in their text alone',
];

app.http('erasures-order', {
  route: 'api/erasures',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route({ ...admins, body: order }, async ({ clients, body, ...request }) => {
    if (body.dryRun) {
      const { mailKeys, isMore, isComplete } = await findToErase(clients, body.address, request.now);
      const found = { count: mailKeys.length, mailKeys, more: isMore, complete: isComplete };
      return { json: { dryRun: true, ...found, stays } };
    }
    const erasure = await orderErasure(clients, body.address, request);
    return { status: 202, headers: { location: `/api/erasures/${erasure.id}` }, json: view(erasure) };
  }),
});

app.http('erasures-read', {
  route: 'api/erasures/{id}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(admins, async ({ clients, params }) => ({
    json: view(await getErasure(clients, params.id ?? '')),
  })),
});

functions.timer('erasures-carry-on', {
  schedule: '20 * * * * *',
  handler: job<Timer>('erasures-carry-on', (_timer, { clients, clock, log }) =>
    carryOnErasures(clients, { clock, log }),
  ),
});

function view({ id, state, requestedAt, finishedAt, mailKeys, isMore }: Erasure) {
  const ended = { finishedAt: finishedAt ?? null, more: isMore === true };
  return { id, state, requestedAt, ...ended, count: mailKeys.length, mailKeys, stays };
}
