// The apps registered in the local tenant, as somebody outside knows them: one for each app role of the API, three for mail.

export const roles = ['Admin', 'Supervisor', 'Platform'] as const;
export type Role = (typeof roles)[number];

/** What an app needs to ask for a token (client credentials, RFC 6749 4.4). */
export type Client = { clientId: string; clientSecret: string; scope: string };
export type Clients = Record<Role, Client>;

/** Entra's application ID URI of the API: what its tokens are made out to. */
export const audience = 'api://malote';
/** Entra's way to say "all that was assigned to me" (client credentials have no other scope). */
export const apiScope = `${audience}/.default`;
export const tenantId = '10ca1000-0000-4000-8000-000000000000';

/** Not secrets: they open a stand-in that listens on loopback only. */
export const clients: Clients = {
  Admin: client(1, 'local-admin'),
  Supervisor: client(2, 'local-supervisor'),
  Platform: client(3, 'local-platform'),
};

/** The apps that read mail: with a client secret, with a certificate (which is made when the issuer starts), and with neither. */
export const mailClients = {
  secret: { clientId: clientId(4), clientSecret: 'local-mail-secret' },
  certificate: { clientId: clientId(5) },
  federated: { clientId: clientId(6) },
};

/** What managed identities ask for, to prove an app with. */
export const exchangeAudience = 'api://AzureADTokenExchange';

/** The managed identity that the app without a secret trusts: its client id, and the id that its tokens are about. */
export const managedIdentity = {
  clientId: clientId(7),
  principalId: '10ca1000-0002-4000-8000-000000000007',
};

function client(number: number, clientSecret: string): Client {
  return {
    clientId: clientId(number),
    clientSecret,
    scope: apiScope,
  };
}

function clientId(number: number): string {
  return `10ca1000-0000-4000-8000-00000000000${number}`;
}
