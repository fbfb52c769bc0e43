// HTTP: the secrets that the platform signs its calls with, and whether the deployment's former key may go.
import { countKeyUses } from '../shared/flows/services/keys.ts';
import {
  addWebhookSecret,
  listWebhookSecrets,
  removeWebhookSecret,
} from '../shared/flows/services/webhook-secrets.ts';
import { app } from '../shared/http/app.ts';
import { route } from '../shared/http/route.ts';

const secrets = 'api/settings/webhook-secrets';
const admins = { roles: ['Admin'] } as const;

app.http('webhook-secrets-list', {
  route: secrets,
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(admins, async ({ clients }) => ({
    json: { items: await listWebhookSecrets(clients), nextCursor: null },
  })),
});

app.http('webhook-secrets-create', {
  route: secrets,
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route(admins, async ({ clients, ...request }) => ({
    status: 201,
    json: await addWebhookSecret(clients, request),
  })),
});

app.http('webhook-secrets-remove', {
  route: `${secrets}/{id}`,
  methods: ['DELETE'],
  authLevel: 'anonymous',
  handler: route(admins, async ({ clients, params, ...request }) => {
    await removeWebhookSecret(clients, params.id ?? '', request);
    return {};
  }),
});

app.http('settings-keys', {
  route: 'api/settings/keys',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route(admins, async ({ clients, now }) => ({ json: { keys: await countKeyUses(clients, now) } })),
});
