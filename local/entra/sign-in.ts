// Asks people who they are and whether they consent, in one page; nobody has a password.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type Provider from 'oidc-provider';
import type { Apps } from './apps.ts';
import { errorPage, signInPage } from './pages.ts';
import { type Person, people, personOf } from './people.ts';
import type { Records } from './records.ts';
import { refusals } from './refusals.ts';
import { openIdScopes, readScopes, resourcesOf } from './resources.ts';

type Parts = { provider: Provider; apps: Apps; records: Records };
type Asked = { clientId: string; scope: string; hint: string };

/** Answers GET and POST of an interaction's page, which oidc-provider knows by the browser's cookie. */
export async function answerSignIn(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { provider } = parts;
  const details = await provider.interactionDetails(request, response).catch(() => undefined);
  if (!details) {
    sendPage(response, 400, errorPage('The sign-in is over, or was begun in another browser. Begin anew.'));
    return;
  }
  const params = details.params as { client_id: string; scope?: string; login_hint?: string };
  const asked = { clientId: params.client_id, scope: params.scope ?? '', hint: params.login_hint ?? '' };
  if (request.method !== 'POST') {
    sendPage(response, 200, questionFor(parts, asked));
    return;
  }
  const form = new URLSearchParams(await text(request));
  if (form.get('answer') === 'cancel') {
    const { error, error_description } = refusals.declined();
    await provider.interactionFinished(request, response, { error, error_description });
    return;
  }
  const address = (form.get('address') ?? '').trim();
  if (!/^[^\s@]+@[^\s@]+$/.test(address)) {
    sendPage(response, 400, questionFor(parts, { ...asked, hint: address }, 'Enter an address.'));
    return;
  }
  const person = personOf(address);
  const grantId = await consent(parts, asked, person);
  await provider.interactionFinished(request, response, {
    login: { accountId: person.oid },
    select_account: {},
    consent: { grantId },
  });
}

/** What is consented to adds to what was before: Entra keeps one consent for a person and an app. */
async function consent(
  { provider, records }: Parts,
  { clientId, scope }: Asked,
  person: Person,
): Promise<string> {
  records.save('Person', person.oid, person);
  const before = records.findGrant(clientId, person.oid);
  const grant =
    (before?.jti && (await provider.Grant.find(before.jti))) ||
    new provider.Grant({ accountId: person.oid, clientId });
  grant.addOIDCScope(openIdScopes.join(' '));
  const scopes = readScopes(scope);
  for (const resource of resourcesOf(scopes)) {
    const own = scopes.filter(one => one.resource === resource);
    grant.addResourceScope(resource, own.map(one => `${resource}/${one.permission}`).join(' '));
  }
  return grant.save();
}

function questionFor({ apps }: Parts, { clientId, scope, hint }: Asked, problem?: string): string {
  return signInPage({
    appName: apps.get(clientId).name,
    permissions: scope.split(' '),
    hint,
    knownAddresses: people.map(({ address }) => address),
    ...(problem !== undefined && { problem }),
  });
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html);
}
