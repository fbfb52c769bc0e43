// The apps registered in the local tenant: their credentials and permissions, as an administrator changes them.
import { randomUUID } from 'node:crypto';
import type { JWK } from 'jose';
import type { ClientMetadata } from 'oidc-provider';
import type { AppCertificate } from './app-certificate.ts';
import { clients, exchangeAudience, mailClients, managedIdentity, roles } from './clients.ts';
import { findResource } from './resources.ts';

/** Whose tokens prove an app: all three are compared to the letter. */
export type FederatedCredential = { issuer: string; subject: string; audience: string };

export type App = {
  clientId: string;
  name: string;
  /** Permissions of its own that the administrator consented to, over all resources. */
  permissions: readonly string[];
  secret?: { value: string; expired: boolean };
  /** Several are good at once, while one is exchanged for another. */
  certificates?: readonly AppCertificate[];
  /** With a secret that nobody knows but the issuer, who puts it in the place of a good assertion. */
  federated?: FederatedCredential | undefined;
  /** Whether people can consent to it (authorization code), besides what it does as itself (client credentials). */
  signsPeopleIn: boolean;
};

const mailPermissions = ['Mail.ReadWrite', 'IMAP.AccessAsApp', 'POP.AccessAsApp'];

export class Apps {
  readonly #apps: Map<string, App>;

  constructor(certificate: AppCertificate, issuer: string) {
    const apps: App[] = [
      ...roles.map(role => ({
        clientId: clients[role].clientId,
        name: `Local ${role}`,
        permissions: [role],
        secret: { value: clients[role].clientSecret, expired: false },
        signsPeopleIn: false,
      })),
      {
        clientId: mailClients.secret.clientId,
        name: 'Local mail app',
        permissions: mailPermissions,
        secret: { value: mailClients.secret.clientSecret, expired: false },
        signsPeopleIn: true,
      },
      {
        clientId: mailClients.certificate.clientId,
        name: 'Local mail app with a certificate',
        permissions: mailPermissions,
        certificates: [certificate],
        signsPeopleIn: true,
      },
      {
        clientId: mailClients.federated.clientId,
        name: 'Local mail app of the managed identity',
        permissions: mailPermissions,
        secret: { value: randomUUID(), expired: false },
        federated: { issuer, subject: managedIdentity.principalId, audience: exchangeAudience },
        signsPeopleIn: true,
      },
    ];
    this.#apps = new Map(apps.map(app => [app.clientId, app]));
  }

  find(clientId: string): App | undefined {
    return this.#apps.get(clientId);
  }

  get(clientId: string): App {
    const app = this.find(clientId);
    if (!app) throw new Error(`No app has the client id ${clientId}`);
    return app;
  }

  change(clientId: string, changes: Partial<App>): void {
    this.#apps.set(clientId, { ...this.get(clientId), ...changes });
  }

  /** What an app's token for `resource` says in `roles`: nothing of what the resource does not know. */
  rolesFor(clientId: string, resource: string): string[] {
    const known = findResource(resource)?.application ?? [];
    return this.get(clientId).permissions.filter(permission => known.includes(permission));
  }
}

/** The app as oidc-provider wants to know it. It asks at every request, so that a change counts at once. */
export function clientMetadata({ clientId, secret, certificates, signsPeopleIn }: App): ClientMetadata {
  return {
    client_id: clientId,
    ...(secret && {
      client_secret: secret.value,
      client_secret_expires_at: secret.expired ? 1 : 0,
      token_endpoint_auth_method: 'client_secret_post',
    }),
    ...(certificates && {
      jwks: { keys: certificates.map(({ publicKey }) => publicKey as JWK & { kty: string }) },
      token_endpoint_auth_method: 'private_key_jwt',
    }),
    ...(signsPeopleIn
      ? {
          grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
          redirect_uris: ['http://localhost/api/oauth/callback'],
          response_types: ['code'],
        }
      : { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }),
  };
}

/** The app runs on a port of the day. */
export function mayRedirectTo(uri: string): boolean {
  return /^http:\/\/(127\.0\.0\.1|localhost):\d+\/api\/oauth\/callback$/.test(uri);
}
