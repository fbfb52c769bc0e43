// How a mailbox is logged in to, as it may be written: with a password, or as an app registered in Entra ID.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { asks, line } from '../schema-messages.ts';

const wayCure =
  'give {"type": "basic", "password": "..."}, or {"type": "oauth", ...} with flow, tenantId, clientId and clientSecret';
const asksWay = asks(wayCure, `an object; ${wayCure}`);

function secretText(what: string) {
  return z
    .string({ error: 'must be a text' })
    .min(1, `is empty; give ${what}`)
    .max(1000, `is longer than 1000 characters; give ${what}`)
    .regex(/^\P{Cc}*$/u, 'contains a control character, such as a line end; remove it')
    .optional();
}

const basicAuth = z.strictObject(
  {
    type: z.literal('basic').meta({ title: 'Tipo de autorização' }),
    password: secretText('the password of the mailbox').meta({ title: 'Senha do E-mail', writeOnly: true }),
  },
  { error: asksWay },
);

const expiryCure = 'give the day on which the secret expires, such as 2027-03-01, as Entra ID shows it';

/** A day, from its beginning in UTC, or an instant with its offset. */
function expiry() {
  const must = { error: `must be a date; ${expiryCure}` };
  return z
    .union([z.iso.date(must), z.iso.datetime({ offset: true, ...must })], must)
    .transform(written => new Date(written).toISOString());
}

const certificateCure =
  'give the certificate that was uploaded to the app registration together with its unencrypted private key, both in PEM';

function certificateWithKey() {
  return z
    .string({ error: `must be a text; ${certificateCure}` })
    .max(20_000, `is longer than 20000 characters; ${certificateCure}`)
    .superRefine((pem, context) => {
      const fault = certificateFault(pem);
      if (fault) context.addIssue(`${fault}; ${certificateCure}`);
    });
}

const assertionCure =
  'give "managedIdentity" where the app registration has a federated credential for the managed identity of this deployment, or leave it out and give clientSecret';

const GUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Whether a text is a GUID: as a client secret it is most likely the secret's id, which Entra ID shows beside its value. */
export function isGuid(text: string): boolean {
  return GUID.test(text);
}

const flowCure =
  '"clientCredentials" (the app reads by a permission of its own) or "authorizationCode" (for a person who consents in a browser)';
const clientIdCure =
  'give the "Application (client) ID" of the app registration, such as 11111111-2222-3333-4444-555555555555';
const tenantIdCure =
  'give the "Directory (tenant) ID" of the app registration, or a domain of the tenant such as empresa.onmicrosoft.com';

/** Entra ID's names for "whichever tenant": a mailbox is in one. */
const anyTenant = ['common', 'organizations', 'consumers'];

/** An app registered in Entra ID. Which secrets it needs is checked with those that are kept (see service-rules.ts). */
const oauth = z.strictObject(
  {
    type: z.literal('oauth').meta({ title: 'Tipo de autorização' }),
    flow: z
      .enum(['clientCredentials', 'authorizationCode'], { error: asks(`choose ${flowCure}`, flowCure) })
      .meta({ title: 'Fluxo' }),
    clientId: line(clientIdCure, 36)
      .regex(GUID, `is not a GUID; ${clientIdCure}`)
      .transform(id => id.toLowerCase())
      .meta({ title: 'Cliente ID' }),
    tenantId: line(tenantIdCure, 253)
      .transform(id => id.toLowerCase())
      .refine(
        id => (GUID.test(id) || /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(id)) && !anyTenant.includes(id),
        `is not the id of one tenant; ${tenantIdCure}`,
      )
      .meta({ title: 'Tenant ID' }),
    redirectUri: line('leave it out for the usual one', 500).optional().meta({ title: 'RedirectUri' }),
    clientSecret: secretText('the value of the client secret').meta({
      title: 'Secret ID',
      writeOnly: true,
    }),
    clientSecretExpiresAt: expiry().optional().meta({ title: 'Validade do Secret' }),
    clientCertificate: certificateWithKey()
      .optional()
      .meta({ title: 'Certificado do cliente', writeOnly: true }),
    clientAssertion: z
      .literal('managedIdentity', { error: `is no such proof; ${assertionCure}` })
      .optional()
      .meta({ title: 'Prova sem segredo' }),
  },
  { error: asksWay },
);

/** Both ways. */
export const auth = z.discriminatedUnion('type', [basicAuth, oauth], {
  error: orWay('must be "basic" (login and password) or "oauth" (Microsoft 365)'),
});

/** Of a mailbox that takes no passwords. */
export const oauthOnly = z.discriminatedUnion('type', [oauth], {
  error: orWay('must be "oauth": Microsoft Graph takes no passwords'),
});

function orWay(must: string): typeof asksWay {
  return issue => (issue.code === 'invalid_union' ? must : asksWay(issue));
}

/** The certificate in a PEM that may hold its key too. @throws when there is none */
function certificateIn(pem: string): X509Certificate {
  return new X509Certificate(pem.slice(Math.max(pem.indexOf('-----BEGIN CERTIFICATE-----'), 0)));
}

/** Until when a client certificate is valid, RFC 3339 in UTC. */
export function certificateExpiry(pem: string): string {
  return certificateIn(pem).validToDate.toISOString();
}

function certificateFault(pem: string): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = certificateIn(pem);
  } catch {
    return 'holds no certificate';
  }
  try {
    const key = createPrivateKey(pem);
    if (!certificate.checkPrivateKey(key))
      return 'holds a private key that does not belong to its certificate';
    // Entra ID takes assertions signed with RSA alone (PS256, RS256).
    return key.asymmetricKeyType === 'rsa' ? undefined : 'holds a key that is not of RSA';
  } catch {
    return 'holds no private key that can be read';
  }
}
