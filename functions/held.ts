// HTTP: mails that wait for a supervisor, and what is decided about them, one or many at once.
import { Readable } from 'node:stream';
import * as z from 'zod';
import { parseMailKey, parseServiceId, readMailKey } from '../shared/domain/ids.ts';
import { mailView } from '../shared/domain/mail/mail-view.ts';
import { decide } from '../shared/domain/mail/order.ts';
import { isReferenceId } from '../shared/domain/reference.ts';
import { line } from '../shared/domain/schema-messages.ts';
import { previewMail } from '../shared/flows/mails/preview.ts';
import {
  countHeld,
  type Decision,
  decideEach,
  decideFound,
  orderOf,
} from '../shared/flows/orders/decide-many.ts';
import { followUpSoon, giveOrder } from '../shared/flows/orders/give.ts';
import { listHeld } from '../shared/flows/orders/held.ts';
import { app } from '../shared/http/app.ts';
import { nextCursor, pageQuery } from '../shared/http/paging.ts';
import { type RouteRequest, route } from '../shared/http/route.ts';
import { languageFor } from '../shared/pages/language.ts';
import { mailPreview, previewPolicy } from '../shared/pages/mail-preview.ts';

const supervisors = { roles: ['Supervisor'] } as const;

const serviceId = z
  .string({ error: 'must be the id of a service' })
  .transform(parseServiceId)
  .refine(id => id !== undefined, 'is not the id of a service')
  .optional();
const groupId = z
  .string({ error: 'must be the id of a group' })
  .refine(isReferenceId, 'is not the id of a group')
  .optional();
const mailKey = z
  .string({ error: 'must be the key of a mail' })
  .transform(parseMailKey)
  .refine(key => key !== undefined, 'is not the key of a mail');
const instant = z.iso.datetime({ offset: true, error: 'must be the heldBefore that a dry run answered' });

const words = {
  reason: line('give the reason, or leave it out', 500).optional(),
  overrideRejection: z.boolean({ error: 'must be true or false' }).default(false),
};
const one = z.strictObject(words);

const cure =
  'give {"keys": [...]} of up to 100 mails, or {"filter": {...}, "dryRun": true}, and then the same with its "heldBefore"';
const many = z.union(
  [
    z.strictObject({ ...words, keys: z.array(mailKey).min(1).max(100) }),
    z.strictObject({
      ...words,
      filter: z.strictObject({ serviceId, groupId, sender: z.string().max(320).optional() }),
      dryRun: z.literal(true),
    }),
    z.strictObject({
      ...words,
      filter: z.strictObject({ serviceId, groupId, sender: z.string().max(320).optional() }),
      heldBefore: instant,
    }),
  ],
  { error: `is not understood; ${cure}` },
);

app.http('mails-preview', {
  route: 'api/mails/{key}/preview',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(supervisors, async ({ clients, params, headers, now }) => {
    const { mail, receivedAt, images } = await previewMail(clients, readMailKey(params.key));
    const { settings } = await clients.readDirectory(now);
    const language = languageFor(headers.get('accept-language'), settings.defaultLanguage);
    const imageSource = (position: number) => images.get(position);
    const document = mailPreview(mail, { receivedAt, language, imageSource });
    return {
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-language': language,
        'content-security-policy': `sandbox; ${previewPolicy}`,
        vary: 'accept-language',
      },
      body: Readable.from([Buffer.from(document)]),
    };
  }),
});

app.http('held-list', {
  route: 'api/mails/held',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(
    { ...supervisors, query: pageQuery(1).extend({ serviceId, groupId }) },
    async ({ clients, query }) => {
      const { limit, cursor: [after = ''] = [], serviceId, groupId } = query;
      const { items, next } = await listHeld(clients, { serviceId, groupId, after, limit });
      return {
        json: {
          items: items.map(record => mailView(record, 'inside')),
          nextCursor: nextCursor(next === undefined ? undefined : [next]),
        },
      };
    },
  ),
});

for (const [verb, action] of [
  ['approve', 'approved'],
  ['reject', 'rejected'],
] as const) {
  app.http(`held-${verb}`, {
    route: `api/mails/held/${verb}`,
    methods: ['POST'],
    authLevel: 'anonymous',
    handler: route({ ...supervisors, body: many }, async request => {
      const { clients, body, now } = request;
      const decision = decisionOf(request, action);
      if ('keys' in body) {
        return { json: { results: await decideEach(clients, [...new Set(body.keys)], decision, request) } };
      }
      const { serviceId, groupId, sender } = body.filter;
      const filter = { serviceId, groupId, sender };
      if ('dryRun' in body) return { json: await countHeld(clients, filter, now) };
      const heldBefore = new Date(body.heldBefore).toISOString();
      return { json: await decideFound(clients, filter, heldBefore, decision, request) };
    }),
  });

  app.http(`mails-${verb}`, {
    route: `api/mails/{key}/${verb}`,
    methods: ['POST'],
    authLevel: 'anonymous',
    handler: route({ ...supervisors, body: one, bodyOptional: true }, async request => {
      const { clients, params } = request;
      const decision = decisionOf(request, action);
      const order = orderOf(decision);
      const given = await giveOrder(clients, readMailKey(params.key), record =>
        decide(record, order, decision),
      );
      if (given.value.decision?.id === order.id) await followUpSoon(clients, [given], request);
      return { json: mailView(given.value, 'inside') };
    }),
  });
}

function decisionOf(
  { actor, now, body }: Pick<RouteRequest<unknown, z.output<typeof one>>, 'actor' | 'now' | 'body'>,
  action: Decision['action'],
): Decision {
  const { reason = null, overrideRejection } = body;
  return { action, who: actor, at: now, reason, overrideRejection };
}
