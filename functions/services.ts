// HTTP: the services an administrator registers.
import * as z from 'zod';
import { countState } from '../shared/azure/ledger-counts.ts';
import type { ServiceItem } from '../shared/azure/services-store.ts';
import { readServiceId } from '../shared/domain/ids.ts';
import { line } from '../shared/domain/schema-messages.ts';
import { warningsOfHeld } from '../shared/domain/service/warnings.ts';
import { findServices } from '../shared/flows/services/find.ts';
import {
  changeService,
  getService,
  registerService,
  removeService,
} from '../shared/flows/services/register.ts';
import { app } from '../shared/http/app.ts';
import { nextCursor, rangeOf, textPages } from '../shared/http/paging.ts';
import { anyJsonObject, route } from '../shared/http/route.ts';
import { administratorView, outsideView } from '../shared/http/service-view.ts';

const collection = 'api/services';
const one = 'api/services/{id}';
const readers = { roles: ['Admin', 'Supervisor', 'Platform'] } as const;
const viewFor = (role: string, item: ServiceItem, now: Date) =>
  role === 'Admin' ? administratorView(item, now) : outsideView(item);

const servicesQuery = textPages.extend({
  name: line('give a part of the name', 100).optional(),
  failing: z.literal('true', { error: 'must be true, or left out' }).optional(),
});

app.http('services-list', {
  route: collection,
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ ...readers, query: servicesQuery }, async ({ clients, query, actor, now }) => {
    const { items, next } = await findServices(clients, query, rangeOf(query));
    return {
      json: {
        items: items.map(({ value }) => viewFor(actor.role, value, now)),
        nextCursor: nextCursor(next === undefined ? undefined : [next]),
      },
    };
  }),
});

app.http('services-create', {
  route: collection,
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'], body: anyJsonObject }, async ({ clients, body, ...request }) => {
    const { value, etag } = await registerService(clients, body, request);
    const headers = { etag, location: `/${collection}/${value.service.id}` };
    return { status: 201, headers, json: administratorView(value, request.now, body) };
  }),
});

app.http('services-read', {
  route: one,
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(readers, async ({ clients, params, actor, now }) => {
    const { value, etag } = await getService(clients, readServiceId(params.id));
    return { headers: { etag }, json: viewFor(actor.role, value, now) };
  }),
});

app.http('services-change', {
  route: one,
  methods: ['PATCH'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'], body: anyJsonObject }, async ({ clients, body, params, ...request }) => {
    const id = readServiceId(params.id);
    const { value, etag } = await changeService(clients, id, body, request.ifMatch, request);
    const view = administratorView(value, request.now, body);
    const left = body.approvalRequired === false ? await countState(clients.database.ledger, id, 'held') : 0;
    return { headers: { etag }, json: { ...view, warnings: [...view.warnings, ...warningsOfHeld(left)] } };
  }),
});

app.http('services-remove', {
  route: one,
  methods: ['DELETE'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'] }, async ({ clients, params, ...request }) => {
    await removeService(clients, readServiceId(params.id), request.ifMatch, request);
    return {};
  }),
});
