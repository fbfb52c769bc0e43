// Where a request goes: which tenant and endpoint its path names, and what the faults have to say about it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWK } from 'jose';
import type Provider from 'oidc-provider';
import { type Faults, waitOut } from '../faults.ts';
import { breakOff } from '../http-server.ts';
import type { Apps } from './apps.ts';
import { tenantId } from './clients.ts';
import { takeAssertion } from './federation.ts';
import { errorPage } from './pages.ts';
import type { Records } from './records.ts';
import { type Refusal, refusalBody } from './refusal.ts';
import { refusals } from './refusals.ts';
import { answerSignIn } from './sign-in.ts';

type Parts = {
  provider: Provider;
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  apps: Apps;
  records: Records;
  faults: Faults;
  issuer: string;
  publicKey: JWK;
};

/** By the beginning of the path below the tenant. `route` is how oidc-provider calls it, where it differs. */
const endpoints: { path: string; name: string; route?: string }[] = [
  {
    path: '/v2.0/.well-known/openid-configuration',
    name: '.well-known/openid-configuration',
    route: '/.well-known/openid-configuration',
  },
  { path: '/discovery/v2.0/keys', name: 'jwks' },
  { path: '/oauth2/v2.0/token', name: 'token' },
  { path: '/oauth2/v2.0/authorize', name: 'authorize' },
  { path: '/login/', name: 'login' },
];

export async function answerRequest(
  parts: Parts,
  request: IncomingMessage & { originalUrl?: string },
  response: ServerResponse,
): Promise<void> {
  const [, tenant = '', below = ''] = /^\/([^/?]*)(.*)$/.exec(request.url ?? '') ?? [];
  const endpoint = endpoints.find(({ path }) => below.startsWith(path));
  if (!endpoint) {
    response.writeHead(404).end();
    return;
  }
  if (tenant !== tenantId) {
    refuseTenant(tenant, endpoint.name, response);
    return;
  }
  if ((await misbehave(parts.faults, `${request.method} ${endpoint.name}`, response)) === 'answered') return;
  if (endpoint.name === 'login') {
    await answerSignIn(parts, request, response);
    return;
  }
  if (endpoint.name === 'token' && request.method === 'POST') {
    const refusal = await takeAssertion(request, parts);
    if (refusal) return sendRefusal(response, refusal);
  }
  // The provider takes the path it is mounted at from the difference of the two.
  request.url = below.replace(endpoint.path, endpoint.route ?? endpoint.path);
  request.originalUrl = `/${tenant}${request.url}`;
  await parts.answer(request, response);
}

async function misbehave(
  faults: Faults,
  operation: string,
  response: ServerResponse,
): Promise<'answered' | 'to be answered'> {
  const fault = faults.take(operation);
  switch (fault?.action) {
    case 'drop':
      breakOff(response);
      return 'answered';
    case 'dropAfter':
      // A refresh token is used up, and nobody learns the next one.
      response.end = () => {
        breakOff(response);
        return response;
      };
      return 'to be answered';
    case 'refuse':
      sendRefusal(response, refusals.unavailable());
      return 'answered';
    case 'throttle':
      response.setHeader('retry-after', `${Math.ceil((fault.delayMs ?? 1_000) / 1_000)}`);
      sendRefusal(response, refusals.throttled());
      return 'answered';
    case 'delay':
      await waitOut(fault);
      return 'to be answered';
    case 'stale':
    case undefined:
      return 'to be answered';
  }
}

/** The endpoints disagree about what kind of error it is. */
function refuseTenant(tenant: string, endpoint: string, response: ServerResponse): void {
  const refusal = refusals.unknownTenant(tenant, endpoint === 'token' ? 'invalid_request' : 'invalid_tenant');
  if (endpoint === 'authorize') {
    response.writeHead(400, { 'content-type': 'text/html; charset=utf-8' });
    response.end(errorPage(refusal.error_description ?? ''));
  } else {
    sendRefusal(response, refusal);
  }
}

function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  response.writeHead(refusal.status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(refusalBody(refusal)));
}
