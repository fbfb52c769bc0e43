// HTTP: what services refer to - groups, and the general settings.
import { app } from '@azure/functions';
import { listGroups } from '../shared/azure/groups-store.ts';
import { readSettings } from '../shared/azure/settings-store.ts';
import { readGroup, readGroupId } from '../shared/domain/group.ts';
import { getGroup, putGroup, removeGroup } from '../shared/flows/services/groups.ts';
import { changeSettings } from '../shared/flows/services/settings.ts';
import { nextCursor, rangeOf, textPages } from '../shared/http/paging.ts';
import { anyJsonObject, route } from '../shared/http/route.ts';

const group = 'api/groups/{id}';
const settings = 'api/settings';
const readers = { roles: ['Admin', 'Supervisor', 'Platform'] } as const;

app.http('groups-list', {
  route: 'api/groups',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ ...readers, query: textPages }, async ({ clients, query }) => {
    const { items, next } = await listGroups(clients.database.catalog, rangeOf(query));
    return {
      json: {
        items: items.map(({ value }) => value.group),
        nextCursor: nextCursor(next === undefined ? undefined : [next]),
      },
    };
  }),
});

app.http('groups-read', {
  route: group,
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(readers, async ({ clients, params }) => {
    const { value, etag } = await getGroup(clients, readGroupId(params.id));
    return { headers: { etag }, json: value.group };
  }),
});

app.http('groups-put', {
  route: group,
  methods: ['PUT'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'], body: anyJsonObject }, async ({ clients, params, body, ...request }) => {
    const written = readGroup(readGroupId(params.id), body);
    const { group, etag, created } = await putGroup(clients, written, request.ifMatch, request);
    return { status: created ? 201 : 200, headers: { etag }, json: group };
  }),
});

app.http('groups-remove', {
  route: group,
  methods: ['DELETE'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'] }, async ({ clients, params, ...request }) => {
    await removeGroup(clients, readGroupId(params.id), request.ifMatch, request);
    return {};
  }),
});

app.http('settings-read', {
  route: settings,
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'] }, async ({ clients }) => {
    const { value, etag } = await readSettings(clients.database.catalog);
    return { headers: { etag }, json: value };
  }),
});

app.http('settings-change', {
  route: settings,
  methods: ['PATCH'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'], body: anyJsonObject }, async ({ clients, body, ...request }) => {
    const { value, etag } = await changeSettings(clients, body, request.ifMatch, request);
    return { headers: { etag }, json: value };
  }),
});
