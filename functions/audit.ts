// HTTP: the audit trail, and events that only test that they arrive.

import * as z from 'zod';
import { searchTrail } from '../shared/azure/audit-store.ts';
import { auditKinds } from '../shared/domain/audit.ts';
import { eventTypes } from '../shared/domain/event/test.ts';
import { line } from '../shared/domain/schema-messages.ts';
import { sendTestEvent } from '../shared/flows/test-event.ts';
import { app } from '../shared/http/app.ts';
import { nextCursor, pageQuery } from '../shared/http/paging.ts';
import { isInstant, periodMembers, periodOf } from '../shared/http/period.ts';
import { route } from '../shared/http/route.ts';

const administrators = { roles: ['Admin'] } as const;

/** Each month is a query. */
const months = { usualDays: 31, mostDays: 366 };

const auditQuery = pageQuery(2, ([at = '']) => isInstant(at)).extend({
  ...periodMembers,
  actor: line('give the object id or the name of who acted', 200).optional(),
  kind: z.enum(auditKinds, { error: `must be one of ${auditKinds.join(', ')}` }).optional(),
  target: line('give the id of what was changed', 200).optional(),
});

app.http('audit-search', {
  route: 'api/audit',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ ...administrators, query: auditQuery }, async ({ clients, query, now }) => {
    const { limit, cursor: [at = '', id = ''] = [], actor, kind, target } = query;
    const filter = { ...periodOf(query, now, months), actor, kind, target };
    const found = await searchTrail(clients.database.audit, filter, {
      limit: limit + 1,
      after: at === '' ? undefined : { at, id },
    });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return {
      json: {
        items: items.map(({ month: _, ...entry }) => entry),
        nextCursor: nextCursor(found.length > limit && last ? [last.at, last.id] : undefined),
      },
    };
  }),
});

const testBody = z.strictObject({
  type: z.enum(eventTypes, { error: `must be one of ${eventTypes.join(', ')}` }).default('test'),
});

app.http('events-test', {
  route: 'api/events/test',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route(
    { ...administrators, body: testBody, bodyOptional: true },
    async ({ clients, body, ...request }) => ({
      status: 202,
      json: await sendTestEvent(clients, body.type, request),
    }),
  ),
});
