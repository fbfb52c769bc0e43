// Stands in for Microsoft Entra ID: apps and people get tokens for the API and for mail, over HTTPS on loopback.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { Faults } from '../faults.ts';
import { answerEach, closeServer } from '../http-server.ts';
import type { Authority } from '../tls.ts';
import { loadAppCertificate, readAppCertificate } from './app-certificate.ts';
import { Apps, type FederatedCredential } from './apps.ts';
import {
  audience,
  type Clients,
  clients,
  mailClients,
  managedIdentity,
  type Role,
  tenantId,
} from './clients.ts';
import { answerRequest } from './endpoints.ts';
import { IssuedTokens } from './issued-tokens.ts';
import { type Person, people, personOf } from './people.ts';
import { createProvider, routes } from './provider.ts';
import { Records } from './records.ts';
import { requestToken } from './request-token.ts';
import { loadSigningKey } from './signing-keys.ts';
import type { TokenRequest } from './token-endpoint.ts';
import { type TokenSettings, usualSettings } from './token-settings.ts';

export type Entra = {
  port: number;
  /** `https://127.0.0.1:{port}`: an authority is this and the tenant. */
  loginUrl: string;
  tenantId: string;
  /** `{loginUrl}/{tenantId}/v2.0`, with the discovery document below it. */
  issuer: string;
  audience: string;
  jwksUri: string;
  tokenEndpoint: string;
  /** The app that has each role. */
  clients: Clients;
  /** The apps that read mail, as themselves or for people. */
  mailApps: {
    secret: { clientId: string; clientSecret: string };
    /** Certificate and private key in one text. */
    certificate: { clientId: string; certificatePem: string };
    /** Proven by tokens of the managed identity alone. */
    federated: { clientId: string };
  };
  /** The identity of the machine, and a token of it for a resource. */
  identity: {
    clientId: string;
    principalId: string;
    token: (resource: string, claims?: JWTPayload) => Promise<string>;
  };
  /** Whom an app trusts in place of a secret, as an administrator changes it; undefined: nobody. */
  setFederated: (clientId: string, trusted: FederatedCredential | undefined) => void;
  /** Who is offered at sign-in; any other address will do as well. */
  people: Person[];
  /** A new access token, asked for as an app would. */
  token: (role: Role) => Promise<string>;
  /** Of the tokens to come; may be changed at any time. */
  settings: TokenSettings;
  /** The token requests answered until now, the oldest first. */
  requests: TokenRequest[];
  setClientSecret: (clientId: string, value: string) => void;
  expireSecret: (clientId: string) => void;
  /** The certificates that an app may prove itself with from now on, as PEM texts. */
  setCertificates: (clientId: string, pems: string[]) => Promise<void>;
  /** What the administrator consents to for an app, e.g. `['IMAP.AccessAsApp']`; its next tokens have these roles alone. */
  setPermissions: (clientId: string, permissions: string[]) => void;
  /** Ends all a person consented to: their refresh tokens are refused (50173) until they consent again. */
  revoke: (address: string) => void;
  /** A person's codes (70008) and refresh tokens (700082) are too old from now on. */
  expire: (address: string) => void;
  /** All access tokens issued until now are to be refused, although they are not over. */
  invalidateTokens: () => void;
  /** Whether whom a token is shown to has to refuse it for that. */
  isRevoked: (token: string) => boolean;
  /** Operations are `POST token`, `GET authorize`, `GET login`, `POST login`, `GET jwks`, `GET .well-known/openid-configuration`. */
  faults: Faults;
  close: () => Promise<void>;
};

type Options = {
  /** 0 for any free one. */
  port: number;
  tls: Authority;
  /** Where keys and consents are kept; without it, they are forgotten. */
  dir?: string;
  faults?: Faults;
};

export async function startEntra({ port: wanted, tls, dir, faults = new Faults() }: Options): Promise<Entra> {
  const file = (name: string) => (dir === undefined ? undefined : join(dir, name));
  const [signingKey, certificate] = await Promise.all([
    loadSigningKey(file('signing-key.json')),
    loadAppCertificate(file('mail-app.pem')),
  ]);
  const server = createServer({ cert: tls.certPem, key: tls.keyPem }).listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const loginUrl = `https://127.0.0.1:${port}`;
  const issuer = `${loginUrl}/${tenantId}/v2.0`;
  const apps = new Apps(certificate, issuer);
  const records = new Records(file('consents.db') ?? ':memory:');
  const settings = usualSettings();
  const issued = new IssuedTokens();
  const requests: TokenRequest[] = [];
  const seen = (request: TokenRequest) => void requests.push(request);
  const provider = createProvider({ issuer, signingKey, apps, records, settings, issued, seen });
  const { d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...publicKey } = signingKey;
  const parts = { provider, apps, records, faults, issuer, publicKey, answer: provider.callback() };
  answerEach(server, (request, response) => answerRequest(parts, request, response));
  const tokenEndpoint = `${loginUrl}/${tenantId}${routes.token}`;
  return {
    port,
    loginUrl,
    tenantId,
    issuer,
    audience,
    jwksUri: `${loginUrl}/${tenantId}${routes.jwks}`,
    tokenEndpoint,
    clients,
    mailApps: {
      ...mailClients,
      certificate: { ...mailClients.certificate, certificatePem: certificate.pem },
    },
    identity: {
      ...managedIdentity,
      token: (resource, claims = {}) =>
        identityToken(signingKey, {
          iss: issuer,
          sub: managedIdentity.principalId,
          aud: resource,
          ...claims,
        }),
    },
    people,
    token: role => requestToken(tokenEndpoint, clients[role], tls.caPem),
    settings,
    requests,
    setClientSecret: (clientId, value) => apps.change(clientId, { secret: { value, expired: false } }),
    expireSecret(clientId) {
      apps.change(clientId, { secret: { value: apps.get(clientId).secret?.value ?? '', expired: true } });
    },
    async setCertificates(clientId, pems) {
      apps.change(clientId, { certificates: await Promise.all(pems.map(readAppCertificate)) });
    },
    setFederated: (clientId, trusted) => apps.change(clientId, { federated: trusted }),
    setPermissions: (clientId, permissions) => apps.change(clientId, { permissions }),
    revoke: address => records.destroyGrants(personOf(address).oid),
    expire: address => records.expire(personOf(address).oid),
    invalidateTokens: () => issued.invalidate(),
    isRevoked: token => issued.isRevoked(token),
    faults,
    async close() {
      await closeServer(server);
      records.close();
    },
  };
}

/** As Entra signs one of a managed identity that is to prove an app: https://learn.microsoft.com/entra/workload-id/workload-identity-federation */
async function identityToken(key: JWK, claims: JWTPayload): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ iat: now, nbf: now, exp: now + 3_600, tid: tenantId, oid: claims.sub, ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid ?? '' })
    .sign(await importJWK(key, 'RS256'));
}
