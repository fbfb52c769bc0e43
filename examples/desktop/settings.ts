// Where the sample desktop finds its bus and its access tokens: the environment, else a running local stack.
import { existsSync, readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

export type Settings = {
  /** Connection string of the Service Bus namespace; the right to listen is enough. */
  serviceBus: string;
  /** OAuth 2.0 client credentials for an access token with the role Platform. */
  token: { endpoint: string; scope: string; clientId: string; clientSecret: string };
  /** What calls of the webhook are signed with; without it none is made. */
  webhookSecret?: string | undefined;
  /** Where attachments are put. */
  folder: string;
};

const stackFile = '.local/stack.json';
/** Its id and the secret. */
const webhookSecretFile = '.local/webhook-secret';

export const help = `A sample agent desktop: shows every mail with its hours and form, downloads its first attachment, and discards
what is typed ("d 1 REASON"), or closes its attendance ("c 1"), which invites the customer to a survey.

Usage: npm run desktop

It joins the local stack (npm start) when one is running, or what these variables name:
  SERVICE_BUS         connection string of the namespace
  TOKEN_ENDPOINT      https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token
  TOKEN_SCOPE         {application id URI of the API}/.default
  CLIENT_ID           of an application with the role Platform
  CLIENT_SECRET       its secret
  WEBHOOK_SECRET      of POST /api/settings/webhook-secrets, to close attendances
  DOWNLOADS           folder for attachments (default: .local/desktop)`;

/** The settings, or undefined when neither the environment nor a local stack has them. */
export function readSettings(): Settings | undefined {
  const { SERVICE_BUS, TOKEN_ENDPOINT, TOKEN_SCOPE, CLIENT_ID, CLIENT_SECRET, WEBHOOK_SECRET, DOWNLOADS } =
    process.env;
  const folder = DOWNLOADS ?? '.local/desktop';
  if (SERVICE_BUS && TOKEN_ENDPOINT && TOKEN_SCOPE && CLIENT_ID && CLIENT_SECRET) {
    const token = {
      endpoint: TOKEN_ENDPOINT,
      scope: TOKEN_SCOPE,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
    };
    return { serviceBus: SERVICE_BUS, token, webhookSecret: WEBHOOK_SECRET, folder };
  }
  if (!existsSync(stackFile)) return undefined;
  const { caFile, serviceBus, entra } = JSON.parse(readFileSync(stackFile, 'utf8'));
  // The local stack's servers have certificates of its own authority.
  setDefaultCACertificates([...getCACertificates(), readFileSync(caFile, 'utf8')]);
  const { clientId, clientSecret, scope } = entra.clients.Platform;
  return {
    serviceBus: serviceBus.connectionString,
    token: { endpoint: entra.tokenEndpoint, scope, clientId, clientSecret },
    webhookSecret: existsSync(webhookSecretFile)
      ? readFileSync(webhookSecretFile, 'utf8').trim().split(' ')[1]
      : undefined,
    folder,
  };
}
