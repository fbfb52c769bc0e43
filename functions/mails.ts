// HTTP: the ledger, and the mails themselves.
import { z } from 'zod';
import { parseMailKey, parseServiceId, readMailKey } from '../shared/domain/ids.ts';
import { mailStates } from '../shared/domain/mail/ledger-record.ts';
import { mailView } from '../shared/domain/mail/mail-view.ts';
import { line } from '../shared/domain/schema-messages.ts';
import { listMails } from '../shared/flows/mails/list.ts';
import { getRecord, openAttachment, openBody, openData, openRaw } from '../shared/flows/mails/read.ts';
import { discardMail } from '../shared/flows/orders/discard.ts';
import { app } from '../shared/http/app.ts';
import { downloadReply, jsonReply } from '../shared/http/download-reply.ts';
import { nextCursor, pageQuery } from '../shared/http/paging.ts';
import { route } from '../shared/http/route.ts';

const readers = { roles: ['Admin', 'Supervisor', 'Platform'] } as const;
const contents = { roles: ['Supervisor', 'Platform'] } as const;

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

const mailsQuery = pageQuery(
  2,
  ([receivedAt = '', id]) => instant.test(receivedAt) && parseMailKey(id) !== undefined,
).extend({
  serviceId: z
    .string()
    .transform(parseServiceId)
    .refine(id => id !== undefined, 'is not the id of a service')
    .optional(),
  state: z.enum(mailStates, { error: `must be one of ${mailStates.join(', ')}` }).optional(),
});

const discardBody = z.strictObject({
  reason: line('give the reason, or leave it out', 500).optional(),
  agentId: line('give the agent as you name them, or leave it out', 200).optional(),
});

app.http('mails-list', {
  route: 'api/mails',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin', 'Supervisor'], query: mailsQuery }, async ({ clients, query }) => {
    const { limit, cursor: [receivedAt = '', id] = [] } = query;
    const key = parseMailKey(id);
    const after = key && { receivedAt, id: key };
    const { items, next } = await listMails(clients, {
      serviceId: query.serviceId,
      state: query.state,
      after,
      limit,
    });
    return {
      json: {
        items: items.map(record => mailView(record, 'inside')),
        nextCursor: nextCursor(next && [next.receivedAt, next.id]),
      },
    };
  }),
});

app.http('mails-read', {
  route: 'api/mails/{key}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(readers, async ({ clients, params, actor }) => {
    const record = await getRecord(clients, readMailKey(params.key));
    return { json: mailView(record, actor.role === 'Platform' ? 'outside' : 'inside') };
  }),
});

app.http('mails-discard', {
  route: 'api/mails/{key}/discard',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route(
    { roles: ['Platform'], body: discardBody, bodyOptional: true },
    async ({ clients, params, body, actor, now, ...request }) => {
      const { reason = null, agentId = null } = body;
      const order = { who: actor, at: now, reason, agentId };
      const { value } = await discardMail(clients, readMailKey(params.key), order, request);
      return { json: mailView(value, 'outside') };
    },
  ),
});

app.http('mails-body', {
  route: 'api/mails/{key}/body',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(contents, async ({ clients, params }) =>
    jsonReply(await openBody(clients, readMailKey(params.key))),
  ),
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
    jsonReply(await openData(clients, readMailKey(params.key), params.name ?? '')),
  ),
});
