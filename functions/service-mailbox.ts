// HTTP: the mailbox behind a service - fetch it now, and how it is doing.
import { randomUUID } from 'node:crypto';
import { app } from '@azure/functions';
import { countRecords } from '../shared/azure/ledger.ts';
import { findMailboxItem } from '../shared/azure/mailbox-store.ts';
import type { ServiceId } from '../shared/domain/mail.ts';
import { mailboxStatus } from '../shared/domain/mailbox-status.ts';
import { MaloteError } from '../shared/errors.ts';
import { getService } from '../shared/flows/register.ts';
import { route } from '../shared/http/route.ts';

const FETCH_LIFE_MS = 5 * 60_000;

app.http('services-fetch', {
  route: 'api/services/{id}/fetch',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'] }, async ({ clients, params }) => {
    const { value } = await getService(clients, params.id as ServiceId);
    if (!value.service.active) {
      throw new MaloteError('conflict', 'The service is inactive: set "active" to true, then fetch.');
    }
    const message = { serviceId: value.service.id, reason: 'now', messageId: randomUUID() } as const;
    await clients.bus.sendFetches([{ ...message, timeToLiveMs: FETCH_LIFE_MS }]);
    return { status: 202, headers: { location: `/api/services/${value.service.id}/status` } };
  }),
});

app.http('services-status', {
  route: 'api/services/{id}/status',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'] }, async ({ clients, params, now }) => {
    const { service } = (await getService(clients, params.id as ServiceId)).value;
    const { mailboxes, ledger } = clients.database;
    const [mailbox, counted] = await Promise.all([
      findMailboxItem(mailboxes, service.id),
      countRecords(ledger, service.id),
    ]);
    return { json: mailboxStatus(service, mailbox?.value, counted, now) };
  }),
});
