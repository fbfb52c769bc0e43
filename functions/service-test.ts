// HTTP: does the mailbox of a service connect, and if not, where does it fail and what is to be done?
import { readServiceId } from '../shared/domain/ids.ts';
import { probeNewService, probeService } from '../shared/flows/services/probe.ts';
import { app } from '../shared/http/app.ts';
import { anyJsonObject, route } from '../shared/http/route.ts';

app.http('services-test-new', {
  route: 'api/services/test',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'], body: anyJsonObject }, async ({ clients, body, clock, log }) => ({
    json: await probeNewService(clients, body, { clock, log }),
  })),
});

app.http('services-test', {
  route: 'api/services/{id}/test',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route(
    { roles: ['Admin'], body: anyJsonObject, bodyOptional: true },
    async ({ clients, params, body, clock, log }) => ({
      json: await probeService(clients, readServiceId(params.id), body, { clock, log }),
    }),
  ),
});
