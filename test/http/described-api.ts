// The app with everything that its operations need, and requests made from what its OpenAPI document says.
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { startBlob } from '../../local/blob/azurite.ts';
import { startGraph } from '../../local/graph/server.ts';
import { attachmentPath, bodyPath, dataPath, rawPath } from '../../shared/azure/blobs.ts';
import { createInvitation } from '../../shared/azure/surveys-store.ts';
import type { MailKey, ServiceId } from '../../shared/domain/ids.ts';
import { invitationIdOf } from '../../shared/domain/survey/invitation.ts';
import { tokenOf } from '../../shared/flows/surveys/links.ts';
import type { OpenApi } from '../../shared/http/openapi/document.ts';
import { exampleIds } from '../../shared/http/openapi/operation.ts';
import { answer } from '../support/answer.ts';
import { localAuthority } from '../support/authority.ts';
import { consent } from '../support/consent.ts';
import { useEntra } from '../support/entra.ts';
import { invitation } from '../support/invitation.ts';
import { ledgerRecord } from '../support/ledger-record.ts';
import { signedHeaders } from '../support/signed.ts';
import { sharedAzuritePort } from '../support/whole-run.ts';
import { type Api, apiKeys, startApi } from './api.ts';

export type Operation = {
  operationId: string;
  'x-roles'?: ('Admin' | 'Supervisor' | 'Platform')[];
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; example?: unknown; schema: object }[];
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
  responses: Record<string, object>;
};
export type Place = { method: string; path: string; operation: Operation };

export type Sent = { method: string; path: string; headers: Record<string, string>; body?: string };

/** Every file of functions/ that answers HTTP. */
const files = globSync('functions/*.ts')
  .filter(file => readFileSync(file, 'utf8').includes('app.http('))
  .map(file => basename(file, '.ts'));
const eml = 'From: Ana <ana@exemplo.com.br>\r\nSubject: Pedido 4711\r\n\r\nOnde ele está?\r\n';

export type DescribedApi = Api & {
  document: OpenApi;
  places: Place[];
  /** The headers that a call by signature needs. */
  signed: (place: Place, body: string | undefined) => Record<string, string>;
  /** The example of an operation, about what there is here. */
  exampleOf: (place: Place) => Promise<Sent>;
  /** Stands in for the ids of the examples, in a path or a body. */
  real: (text: string) => string;
  send: (sent: Sent) => Promise<Response>;
  /** Makes what the examples are about: what services refer to, a service over IMAP, and its mails. */
  prepare: () => Promise<void>;
};

/** Call at the top of a test file. */
export async function startDescribedApi(): Promise<DescribedApi> {
  await using opened = new AsyncDisposableStack();
  const entra = await useEntra();
  const { issuer, jwksUri, mailApps } = entra;
  const graph = await startGraph({ port: 0, tls: await localAuthority(), issuer, jwksUri });
  opened.defer(() => graph.close());
  const azuritePort = sharedAzuritePort();
  const blob = await startBlob({ port: 0, dir: '', inMemory: true, azuritePort, containers: ['mails'] });
  opened.defer(() => blob.close());
  const env = {
    MICROSOFT_LOGIN_URL: entra.loginUrl,
    MICROSOFT_GRAPH_URL: graph.origin,
    BLOB_CONNECTION_STRING: blob.connectionString,
    MAIL_ALLOW_PRIVATE_HOSTS: 'true',
  };
  const api = await startApi(env, files);
  opened.defer(() => api.close());
  const document = (await (await fetch(`${api.url}/api/openapi.json`)).json()) as OpenApi;
  const places = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
  );

  const ids = { imap: '', graph: '', erasure: '', replay: '', secret: '', surveyToken: '' };
  const real = (text: string) =>
    text
      .replaceAll(/suporte(?=\.\d{64}|"|$)/g, ids.imap)
      .replaceAll('imap.empresa.com.br', '127.0.0.1')
      .replaceAll(exampleIds.erasure, ids.erasure)
      .replaceAll(exampleIds.replay, ids.replay)
      .replaceAll(exampleIds.invitation, invitationIdOf('A-1042'))
      .replaceAll(exampleIds.webhookSecret, ids.secret)
      .replaceAll(exampleIds.surveyToken, ids.surveyToken);
  const etags = new Map<string, string>();
  let connecting = '';
  let webhookSecret = '';

  const signed = ({ operation }: Place, body = '') =>
    isSigned(operation) ? signedHeaders(body, webhookSecret) : {};

  const send = ({ method, path, headers, body }: Sent) =>
    fetch(api.url + path, { method, headers, ...(body !== undefined && { body }) });

  const exampleOf = async ({ method, path, operation }: Place): Promise<Sent> => {
    const { parameters = [], requestBody, operationId } = operation;
    const role = operation['x-roles']?.[0];
    const given = parameters.filter(({ example }) => example !== undefined);
    const serviceId = operationId === 'oauth-start' ? ids.graph : ids.imap;
    const filled = given
      .filter(parameter => parameter.in === 'path')
      .reduce((at, { name, example }) => {
        const value = example === exampleIds.service ? serviceId : real(String(example));
        return at.replace(`{${name}}`, value);
      }, path);
    if (operationId === 'webhook-secrets-create') await makeRoom();
    const query = given.filter(parameter => parameter.in === 'query');
    const search = new URLSearchParams(
      query.map(({ name, example }): [string, string] => [name, String(example)]),
    );
    const [type = '', content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
    const token = role && (await api.issuer.token({ roles: [role] }));
    const version = parameters.some(({ name }) => name === 'If-Match') && method !== 'PUT';
    if (version) {
      const read = await api.call('GET', filled);
      etags.set(filled, read.etag);
    }
    const address =
      operationId === 'oauth-callback'
        ? await callback()
        : `${filled}${query.length > 0 ? `?${search}` : ''}`;
    const body = content && real(bodyOf(type, content.example));
    return {
      method,
      path: address,
      headers: {
        ...signed({ method, path, operation }, body),
        ...(token && { authorization: `Bearer ${token}` }),
        ...(content && { 'content-type': type }),
        ...(version && { 'if-match': etags.get(filled) ?? '' }),
      },
      ...(body !== undefined && { body }),
    };
  };

  /** For another secret of the webhook, beside the one that calls are signed with. */
  const makeRoom = async () => {
    const secrets = '/api/settings/webhook-secrets';
    const { items } = (await api.call('GET', secrets)).json;
    for (const { id } of items) if (id !== ids.secret) await api.call('DELETE', `${secrets}/${id}`);
  };

  /** Where Entra ID sends the person who was asked by `oauth-start`. */
  const callback = async () => {
    if (connecting === '') {
      connecting = (await api.call('POST', `/api/services/${ids.graph}/oauth/start`)).json.authorizeUrl;
    }
    const { pathname, search } = await consent(connecting, 'suporte@contoso.example');
    return pathname + search;
  };

  const byId = new Map(places.map(place => [place.operation.operationId, place]));
  const prepare = async () => {
    for (const id of ['groups-put', 'schedules-put', 'forms-put', 'services-create']) {
      const { path, body = '' } = await exampleOf(byId.get(id) as Place);
      const { status, json } = await api.call(id.endsWith('-put') ? 'PUT' : 'POST', path, { body });
      if (status !== 201) throw new Error(`${id}: ${status} ${JSON.stringify(json)}`);
      if (id === 'services-create') ids.imap = json.id;
    }
    await keepMails(api, blob.connectionString, real);
    // Twice is as good as once: an attendance has one invitation.
    await createInvitation(api.database.surveys, suspect(ids.imap as ServiceId));
    await createInvitation(api.database.surveys, invitation({ attendanceId: 'A-1042' }));
    const { id, secret } = (await api.call('POST', '/api/settings/webhook-secrets')).json;
    ids.secret = id;
    webhookSecret = secret;
    const order = { body: { address: 'ninguem@exemplo.com.br' } };
    ids.erasure = (await api.call('POST', '/api/erasures', order)).json.id;
    const wish = { as: 'Supervisor', body: { serviceId: ids.imap, from: '2020-01-01T00:00:00Z' } } as const;
    ids.surveyToken = await keepSurvey(api);
    ids.replay = (await api.call('POST', '/api/mails/replay', wish)).json.id;
  };
  await prepare();
  await api.call('PUT', '/api/groups/consentimento', { body: { name: 'Consentimento' } });
  graph.addMailbox('suporte@contoso.example');
  const { clientId, clientSecret } = mailApps.secret;
  const overGraph = await api.call('POST', '/api/services', {
    body: {
      name: 'Por consentimento',
      readFrom: '2026-11-01',
      groups: [{ groupId: 'consentimento' }],
      mailbox: {
        protocol: 'graph',
        address: 'suporte@contoso.example',
        afterRead: { action: 'delete' },
        auth: { type: 'oauth', flow: 'authorizationCode', tenantId: entra.tenantId, clientId, clientSecret },
      },
    },
  });
  ids.graph = overGraph.json.id;
  const running = opened.move();
  return {
    ...api,
    places,
    document,
    signed,
    exampleOf,
    real,
    send,
    prepare,
    close: () => running.disposeAsync(),
  };
}

/** Whether it is let in by signature and not by a token. */
export function isSigned({ security = [] }: Operation): boolean {
  return security.some(scheme => 'signature' in scheme);
}

/** An invitation that somebody answered too soon. */
function suspect(serviceId: ServiceId) {
  const marks = { uncountedSince: '2026-03-03T12:00:00.000Z', keyId: 'k2' };
  return invitation({ attendanceId: 'A-4711', serviceId, answer: answer(5, { suspect: true }), ...marks });
}

function bodyOf(type: string, example: unknown): string {
  if (type !== 'application/x-www-form-urlencoded') return JSON.stringify(example);
  return new URLSearchParams(example as Record<string, string>).toString();
}

/** An open invitation, and a logo on its page; the token of its link. */
async function keepSurvey({ database: { surveys, catalog } }: Api): Promise<string> {
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const open = invitation({ attendanceId: randomUUID(), keyId: apiKeys[0].id, expiresAt });
  await createInvitation(surveys, open);
  const id = `logo:${exampleIds.logo}`;
  await catalog.items.upsert({ id, pk: 'catalog', kind: 'logo', type: 'image/png', base64: 'iVBORw0KGgo=' });
  return tokenOf(apiKeys, open);
}

/** One mail that was published, and two that wait. */
async function keepMails(api: Api, blobs: string, real: (text: string) => string): Promise<void> {
  const container = BlobServiceClient.fromConnectionString(blobs).getContainerClient('mails');
  const write = (path: string, text: string, blobContentType: string) =>
    container
      .getBlockBlobClient(path)
      .upload(text, Buffer.byteLength(text), { blobHTTPHeaders: { blobContentType } });
  const receivedAt = '2026-11-02T10:00:00.000Z';
  for (const [name, uid] of [
    [exampleIds.mail, '1'],
    [exampleIds.heldMail, '2'],
    [exampleIds.mailToReject, '3'],
  ] as const) {
    const id = real(name) as MailKey;
    const serviceId = id.split('.')[0] as ServiceId;
    const source = { generation: 'imap/127.0.0.1:993/suporte/INBOX/1', id: uid };
    const about = {
      from: 'ana@exemplo.com.br',
      subject: 'Pedido 4711',
      conversationKey: 'c',
      attachments: 1,
    };
    const held = {
      state: 'held',
      heldAt: receivedAt,
      heldPlace: `${receivedAt} ${id}`,
      snippet: 'Onde',
    } as const;
    await api.database.ledger.items.create(
      ledgerRecord({ id, serviceId, source, receivedAt, ...about, ...(uid === '1' ? {} : held) }),
    );
    await write(rawPath(id), eml, 'message/rfc822');
    await write(bodyPath(id), '{"text":"a","newText":"a","html":null}', 'application/json');
    await write(attachmentPath(id, 0, 'a'.repeat(64)), 'x', 'text/plain');
    await write(dataPath(id, 'event'), '{"mailKey":"x"}', 'application/json');
  }
}
