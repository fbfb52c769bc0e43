// Services of Microsoft 365 for tests, and people who connect their mailboxes, with the local issuer.
import type { Entra } from '../../local/entra/issuer.ts';
import type { Clients } from '../../shared/clients.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import type { Secrets } from '../../shared/domain/service/document.ts';
import type { GraphMailbox, OAuth, Service } from '../../shared/domain/service/service.ts';
import { keptTokens } from '../../shared/flows/login/tokens.ts';
import { authorizeUrl, redeemCode } from '../../shared/mailboxes/entra/consent.ts';
import { tokenLogin } from '../../shared/mailboxes/entra/login.ts';
import { clock } from './clock.ts';
import { consent } from './consent.ts';

export type TokenService = Service & { mailbox: GraphMailbox };

let made = 0;

/** A service that reads over Graph, with the app that has a secret; nothing of it is in a database. */
export function tokenService(entra: Entra, flow: OAuth['flow'], auth: Partial<OAuth> = {}): TokenService {
  return {
    id: `service${++made}` as ServiceId,
    type: 'email',
    name: 'Suporte',
    active: true,
    formId: null,
    survey: { type: 'none' },
    discardDisabled: false,
    approvalRequired: false,
    readFrom: '2026-03-01',
    readFromAt: '2026-03-01T03:00:00.000Z',
    mailbox: {
      protocol: 'graph',
      address: 'suporte@contoso.example',
      username: 'suporte@contoso.example',
      folder: 'INBOX',
      afterRead: { action: 'delete' },
      auth: {
        type: 'oauth',
        flow,
        clientId: entra.mailApps.secret.clientId,
        tenantId: entra.tenantId,
        redirectUri: 'http://localhost:7071/api/oauth/callback',
        clientSecretExpiresAt: null,
        clientCertificateExpiresAt: null,
        ...auth,
      },
    },
    pollSeconds: 60,
    groups: [],
  };
}

/** A person consents, and the tokens are kept; without the checks that the app makes. */
export async function connectDirectly(
  clients: Pick<Clients, 'config' | 'database'>,
  { id, mailbox }: TokenService,
  secrets: Secrets,
  account: string,
): Promise<void> {
  const login = tokenLogin(mailbox, secrets, clients.config.microsoft);
  const question = {
    state: 'state',
    nonce: 'nonce',
    verifier: 'v'.repeat(43),
    redirectUri: mailbox.auth.redirectUri ?? '',
  };
  const callback = await consent(await authorizeUrl(login, question), account);
  const consented = await redeemCode(login, question, callback.searchParams.get('code') ?? '', clock);
  if (!consented) throw new Error('The code was refused');
  const store = keptTokens(clients, id, mailbox);
  const { etag } = await store.read();
  await store.write(
    { ...consented.tokens, refreshingUntil: null, connection: { account, at: '2026-11-01T00:00:00.000Z' } },
    etag,
  );
}
