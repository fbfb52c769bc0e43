// HTTP: the ledger, and the mails themselves.
import * as z from 'zod';
import { parseMailKey, parseServiceId, readMailKey } from '../shared/domain/ids.ts';
import { mailStates, sha256Hex } from '../shared/domain/mail/ledger-record.ts';
import { mailView } from '../shared/domain/mail/mail-view.ts';
import { classifications, foldedWords, senderTerm } from '../shared/domain/mail/search-terms.ts';
import { line } from '../shared/domain/schema-messages.ts';
import { listMails } from '../shared/flows/mails/list.ts';
import { getRecord, openAttachment, openData, openRaw, readTexts } from '../shared/flows/mails/read.ts';
import { discardMail } from '../shared/flows/orders/discard.ts';
import { app } from '../shared/http/app.ts';
import { downloadReply, jsonReply } from '../shared/http/download-reply.ts';
import { nextCursor, pageQuery } from '../shared/http/paging.ts';
import { isInstant, periodMembers, periodOf } from '../shared/http/period.ts';
import { route } from '../shared/http/route.ts';

const readers = { roles: ['Admin', 'Supervisor', 'Platform'] } as const;
const contents = { roles: ['Supervisor', 'Platform'] } as const;

const mailsQuery = pageQuery(2, ([at = '', id]) => isInstant(at) && parseMailKey(id) !== undefined)
  .extend({
    serviceId: z
      .string()
      .transform(parseServiceId)
      .refine(id => id !== undefined, 'is not the id of a service')
      .optional(),
    state: z.enum(mailStates, { error: `must be one of ${mailStates.join(', ')}` }).optional(),
    classification: z
      .enum(classifications, { error: `must be one of ${classifications.join(', ')}` })
      .optional(),
    sender: line('give an address or a domain', 254).transform(senderTerm).optional(),
    words: line("give words of the subject or of the sender's name", 200)
      .transform(foldedWords)
      .refine(words => words.length > 0, 'has no word; give letters or digits')
      .refine(words => words.length <= 10, 'has more than 10 words; leave some out')
      .optional(),
    messageId: line('give a Message-ID', 998)
      .transform(id => sha256Hex(/^<.*>$/.test(id) ? id : `<${id}>`))
      .optional(),
    ...periodMembers,
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['from'],
    error: 'is after to; give the earlier instant first',
  });

/** Over all services: each page asks every one of them. */
const overAll = { usualDays: 31, mostDays: 31 };

const discardBody = z.strictObject({
  reason: line('give the reason, or leave it out', 500).optional(),
  agentId: line('give the agent as you name them, or leave it out', 200).optional(),
});

app.http('mails-list', {
  route: 'api/mails',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin', 'Supervisor'], query: mailsQuery }, async ({ clients, query, now }) => {
    const { limit, cursor: [at = '', id] = [], serviceId, from, to, sender, words = [], ...rest } = query;
    const key = parseMailKey(id);
    const period = serviceId === undefined ? periodOf(query, now, overAll) : { from, to };
    const { items, next } = await listMails(clients, {
      serviceId,
      filter: {
        state: rest.state,
        classification: rest.classification,
        messageIdSha256: rest.messageId,
        terms: [...(sender === undefined ? [] : [sender]), ...words],
        receivedFrom: period.from,
        receivedBefore: period.to,
      },
      after: key && { at, id: key },
      limit,
    });
    return {
      json: {
        items: items.map(record => mailView(record, 'inside')),
        nextCursor: nextCursor(next && [next.at, next.id]),
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
  handler: route(contents, async ({ clients, params }) => {
    const found = await readTexts(clients, readMailKey(params.key));
    return 'texts' in found ? { json: found.texts } : jsonReply(found);
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
    jsonReply(await openData(clients, readMailKey(params.key), params.name ?? '')),
  ),
});
