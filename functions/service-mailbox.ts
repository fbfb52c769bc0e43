// HTTP: the mailbox behind a service - fetch it now, and how it is doing.
import { findHeldPlaces } from '../shared/azure/ledger.ts';
import { readCounts } from '../shared/azure/ledger-counts.ts';
import { findMailboxItem } from '../shared/azure/mailbox-store.ts';
import { findSendingTrouble } from '../shared/azure/sending-store.ts';
import { readServiceId } from '../shared/domain/ids.ts';
import { mailboxStatus } from '../shared/domain/mailbox/status.ts';
import { sendsByMailbox } from '../shared/domain/service/outgoing.ts';
import { MaloteError } from '../shared/errors.ts';
import { fetchNow, leaseFreeAt } from '../shared/flows/intake/fetch-now.ts';
import { findConnection } from '../shared/flows/login/tokens.ts';
import { getService } from '../shared/flows/services/register.ts';
import { app } from '../shared/http/app.ts';
import { route } from '../shared/http/route.ts';

app.http('services-fetch', {
  route: 'api/services/{id}/fetch',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'] }, async ({ clients, params, now }) => {
    const { value } = await getService(clients, readServiceId(params.id));
    if (!value.service.active) {
      throw new MaloteError('conflict', 'The service is inactive: set "active" to true, then fetch.');
    }
    const { id } = value.service;
    const mailbox = await findMailboxItem(clients.database.mailboxes, id);
    await fetchNow(clients, id);
    const startsBy = mailbox && leaseFreeAt(mailbox.value, clients.config.leaseMs);
    return {
      status: 202,
      headers: { location: `/api/services/${id}/status` },
      // While another fetch is at it, or died at it: by then it has ended, or its place is free.
      json: { startsBy: (startsBy && startsBy > now ? startsBy : now).toISOString() },
    };
  }),
});

app.http('services-status', {
  route: 'api/services/{id}/status',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'] }, async ({ clients, params, now }) => {
    const { value, etag } = await getService(clients, readServiceId(params.id));
    const { service } = value;
    const { mailboxes, ledger } = clients.database;
    const [mailbox, connection, counted, held, sendingTrouble] = await Promise.all([
      findMailboxItem(mailboxes, service.id),
      findConnection(clients, service),
      readCounts(ledger, service.id, now),
      findHeldPlaces(ledger, service.id, { after: '', limit: 1 }),
      sendsByMailbox(service) ? findSendingTrouble(mailboxes, service.id, etag) : null,
    ]);
    const oldestHeldAt = held[0]?.heldPlace.split(' ', 1)[0] ?? null;
    const known = { mailbox: mailbox?.value, connection, counted, oldestHeldAt, sendingTrouble };
    return { json: mailboxStatus(service, known, now) };
  }),
});
