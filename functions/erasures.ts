// HTTP and timer: a person is forgotten, by order of an administrator.
import { app as functions, type Timer } from '@azure/functions';
import * as z from 'zod';
import type { Erasure } from '../shared/azure/erasures-store.ts';
import type { MailKey } from '../shared/domain/ids.ts';
import { line } from '../shared/domain/schema-messages.ts';
import type { InvitationId } from '../shared/domain/survey/invitation.ts';
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
  'what the platform made of the events: it reads mailKeys and invitationIds and erases its own',
  'backups of the database and of Blob Storage, as long as these are kept',
  'the audit trail, which names mails by their keys, has the words of who decided about them, and the sender where many were decided by it',
  'mails that name the person in their text alone',
  'the figures of surveys, which name nobody; and the wish not to be asked again, as a keyed hash of the address, so that it holds',
  'answers to surveys whose invitation did not tell the address',
];

app.http('erasures-order', {
  route: 'api/erasures',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route({ ...admins, body: order }, async ({ clients, body, ...request }) => {
    if (body.dryRun) {
      const { mailKeys, invitationIds, isMore, isComplete } = await findToErase(
        clients,
        body.address,
        request.now,
      );
      const found = { ...counted(mailKeys, invitationIds), more: isMore, complete: isComplete };
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

function view({ id, state, requestedAt, finishedAt, mailKeys, invitationIds = [], isMore }: Erasure) {
  const ended = { finishedAt: finishedAt ?? null, more: isMore === true };
  return { id, state, requestedAt, ...ended, ...counted(mailKeys, invitationIds), stays };
}

function counted(mailKeys: MailKey[], invitationIds: InvitationId[]) {
  return { count: mailKeys.length, mailKeys, invitationCount: invitationIds.length, invitationIds };
}
