// HTTP: the ledger, and the mails themselves.
import { app } from '@azure/functions';
import { z } from 'zod';
import { listRecords } from '../shared/azure/ledger.ts';
import { parseServiceId, readMailKey } from '../shared/domain/ids.ts';
import { mailStates } from '../shared/domain/mail/ledger-record.ts';
import { getRecord, openAttachment, openBody, openData, openRaw } from '../shared/flows/mails/read.ts';
import { downloadReply } from '../shared/http/download-reply.ts';
import { nextCursor, pageQuery, rangeOf } from '../shared/http/paging.ts';
import { route } from '../shared/http/route.ts';

const readers = { roles: ['Admin', 'Supervisor', 'Platform'] } as const;
const contents = { roles: ['Supervisor', 'Platform'] } as const;

const ledgerQuery = pageQuery.extend({
  serviceId: z
    .string('must name the service whose mails to list')
    .transform(parseServiceId)
    .refine(id => id !== undefined, 'is not the id of a service'),
  state: z.enum(mailStates, { error: `must be one of ${mailStates.join(', ')}` }).optional(),
});

app.http('mails-list', {
  route: 'api/mails',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin', 'Supervisor'], query: ledgerQuery }, async ({ clients, query }) => {
    const { after, limit } = rangeOf(query);
    const { serviceId, state } = query;
    const page = await listRecords(clients.database.ledger, serviceId, {
      limit,
      cursor: after,
      state,
    });
    return { json: { items: page.items, nextCursor: nextCursor(page.next) } };
  }),
});

app.http('mails-read', {
  route: 'api/mails/{key}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(readers, async ({ clients, params }) => ({
    json: await getRecord(clients, readMailKey(params.key)),
  })),
});

app.http('mails-body', {
  route: 'api/mails/{key}/body',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(contents, async ({ clients, params }) => {
    const body = await openBody(clients, readMailKey(params.key));
    return 'json' in body ? body : downloadReply(body);
  }),
});

app.http('mails-raw', {
  route: 'api/mails/{key}/raw',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(contents, async ({ clients, params }) =>
    downloadReply(await openRaw(clients, readMailKey(params.key)), `${params.key}.eml`),
  ),
});

app.http('mails-attachment', {
  route: 'api/mails/{key}/attachments/{number}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(contents, async ({ clients, params }) =>
    downloadReply(await openAttachment(clients, readMailKey(params.key), params.number ?? '')),
  ),
});

app.http('mails-data', {
  route: 'api/mails/{key}/data/{name}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(contents, async ({ clients, params }) =>
    downloadReply(await openData(clients, readMailKey(params.key), params.name ?? '')),
  ),
});
