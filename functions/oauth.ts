// HTTP: connecting a mailbox - an address for the person who consents, and where Entra ID sends them back to.
import { readSettings } from '../shared/azure/settings-store.ts';
import { readServiceId } from '../shared/domain/ids.ts';
import { defaultSettings } from '../shared/domain/settings.ts';
import { finishConnecting } from '../shared/flows/connect/finish.ts';
import { startConnecting } from '../shared/flows/connect/start.ts';
import { app } from '../shared/http/app.ts';
import { page } from '../shared/http/page.ts';
import { route } from '../shared/http/route.ts';
import { connectFailurePage, connectPage } from '../shared/pages/connect-page.ts';
import { languageFor } from '../shared/pages/language.ts';

app.http('oauth-start', {
  route: 'api/services/{id}/oauth/start',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route({ roles: ['Admin'] }, async ({ clients, params, actor, now, clock }) => ({
    json: await startConnecting(clients, readServiceId(params.id), { actor, now, clock }),
  })),
});

app.http('oauth-callback', {
  route: 'api/oauth/callback',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: page({
    show: async ({ clients, query, headers, ...request }) => {
      const { value: settings } = await readSettings(clients.database.catalog);
      // RFC 6749 3.1: none of these may come twice.
      const once = (name: string) => (query.getAll(name).length === 1 ? query.get(name) : null);
      const answer = {
        state: once('state') ?? '',
        code: once('code'),
        error: once('error'),
        errorDescription: once('error_description'),
      };
      const outcome = await finishConnecting(clients, answer, request);
      return connectPage(outcome, languageFor(headers.get('accept-language'), settings.defaultLanguage));
    },
    showFailure: (error, status, { headers }) =>
      connectFailurePage(
        error,
        status,
        languageFor(headers.get('accept-language'), defaultSettings.defaultLanguage),
      ),
  }),
});
