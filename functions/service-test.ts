// HTTP: does the mailbox of a service connect, and if not, where does it fail and what is to be done?
import { app } from '@azure/functions';
import type { ServiceId } from '../shared/domain/ids.ts';
import { probeNewService, probeService } from '../shared/flows/services/probe.ts';
import { anyJsonObject, route } from '../shared/http/route.ts';

app.http('services-test-new', {
  route: 'api/services/test',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'], body: anyJsonObject }, async ({ clients, body, now, log }) => ({
    json: await probeNewService(clients, body, { now, log }),
  })),
});

app.http('services-test', {
  route: 'api/services/{id}/test',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route(
    { roles: ['Admin'], body: anyJsonObject, bodyOptional: true },
    async ({ clients, params, body, now, log }) => ({
      json: await probeService(clients, params.id as ServiceId, body, { now, log }),
    }),
  ),
});
