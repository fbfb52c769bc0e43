// The deployment's settings: the only reader of the environment. Reports every fault at once.
import { type FieldError, MaloteError } from './errors.ts';

/** One AES-256 key for secrets at rest. `id` travels with every secret that it encrypted. */
export type SecretKey = { id: string; key: Buffer };

export type Config = {
  /** Service Bus: a connection string, or a namespace's host name reached with the app's managed identity. */
  serviceBus: { connectionString: string } | { fullyQualifiedNamespace: string };
  cosmos: { endpoint: string; database: string; key: string | undefined };
  /** Blob Storage: a connection string, or the account's endpoint reached with the app's managed identity. */
  blob: { connectionString: string } | { endpoint: string };
  /** Who may issue access tokens for the API, and what they must be made out to. */
  entra: { issuer: string; audience: string; jwksUri: string | undefined };
  /** Where Microsoft 365 is: the public cloud, unless a national one is meant. Origins, without a slash at the end. */
  microsoft: {
    /** Of Entra ID, for the tokens of mailboxes. */
    loginUrl: string;
    /** Of Microsoft Graph. */
    graphUrl: string;
    /** What tokens for IMAP and POP3 are made out to. */
    mailUrl: string;
  };
  /** The managed identity of this app, by the client id of one that was assigned by a user; undefined where there is none. */
  managedIdentity: { clientId: string | undefined } | undefined;
  /** Newest first: the first encrypts, all decrypt. */
  secretKeys: SecretKey[];
  /** The name of this app, by which events tell where they come from. */
  deployment: string;
  /** Base address of this app when the general settings name none. */
  siteUrl: string;
  mail: {
    allowPlaintext: boolean;
    allowPrivateHosts: boolean;
    /** Ports allowed besides the mail ports. */
    extraPorts: number[];
  };
  /** How long one fetch works on a mailbox before it hands over to a continuation. */
  sliceMs: number;
  /** How long beyond its slice a fetch may finish the batch that it is at; then its connection is cut. */
  graceMs: number;
  /** How long a mailbox belongs to a worker that says nothing more. */
  leaseMs: number;
};

/** Where spans and figures go. */
export type Monitor = {
  connectionString: string;
  /** Whether the app's managed identity has to be shown; else the key in the connection string is enough. */
  byIdentity: boolean;
  /** The name of this app. */
  name: string;
};

type Environment = Record<string, string | undefined>;

/** As in host.json: the host ends a process in which a function runs longer, with all else that is under way in it. */
const functionTimeoutSeconds = 600;
const graceSeconds = 120;
/** What a fetch whose connection was cut still takes to write down what it did, and give the mailbox back. */
const endingSeconds = 60;

/**
 * Reads the settings from `environment` (normally `process.env`).
 * @throws MaloteError `misconfigured`, its message naming every fault, one a line; its fields are the settings.
 */
export function readConfig(environment: Environment = process.env): Config {
  const faults: FieldError[] = [];
  const fault = (name: string, cure: string) => void faults.push({ field: name, message: cure });
  const optional = (name: string) => environment[name]?.trim() || undefined;
  const required = (name: string, cure: string) => {
    const value = optional(name);
    if (value === undefined) fault(name, `is not set; ${cure}`);
    return value ?? '';
  };
  const flag = (name: string) => {
    const value = optional(name)?.toLowerCase() ?? 'false';
    if (value !== 'true' && value !== 'false') fault(name, `must be "true" or "false", not "${value}"`);
    return value === 'true';
  };
  const url = (name: string, value: string | undefined) => {
    if (value && !URL.canParse(value)) fault(name, `is not a URL: "${value}"`);
    return value;
  };

  const origin = (name: string, usual: string) => {
    const value = url(name, optional(name)) ?? usual;
    if (!URL.canParse(value)) return value;
    if (!value.startsWith('https://')) fault(name, 'must begin with https://: secrets and tokens go there');
    return new URL(value).origin;
  };

  const busConnection = optional('ServiceBus');
  const busNamespace = optional('ServiceBus__fullyQualifiedNamespace');
  if (!busConnection && !busNamespace) {
    fault('ServiceBus', 'is not set; give a connection string, or ServiceBus__fullyQualifiedNamespace');
  }
  const blobConnection = optional('BLOB_CONNECTION_STRING');
  const blobEndpoint = url('BLOB_ENDPOINT', optional('BLOB_ENDPOINT'));
  if (!blobConnection && !blobEndpoint)
    fault('BLOB_ENDPOINT', 'is not set; give it or BLOB_CONNECTION_STRING');

  const extraPorts = (optional('MAIL_EXTRA_PORTS') ?? '').split(',').filter(Boolean).map(Number);
  if (extraPorts.some(port => !Number.isInteger(port) || port < 1 || port > 65535)) {
    fault('MAIL_EXTRA_PORTS', 'must be port numbers separated by commas, such as "1993,1143"');
  }
  const seconds = (name: string, usual: number, [least, most]: [number, number], why = '') => {
    const value = Number(optional(name) ?? usual);
    if (!(value >= least && value <= most)) fault(name, `must be between ${least} and ${most} seconds${why}`);
    return value * 1000;
  };
  const longestSlice = functionTimeoutSeconds - graceSeconds - endingSeconds;

  const config: Config = {
    serviceBus: busConnection
      ? { connectionString: busConnection }
      : { fullyQualifiedNamespace: busNamespace ?? '' },
    cosmos: {
      endpoint: url('COSMOS_ENDPOINT', required('COSMOS_ENDPOINT', "give the account's https address")) ?? '',
      database: optional('COSMOS_DATABASE') ?? 'malote',
      key: optional('COSMOS_KEY'),
    },
    blob: blobConnection ? { connectionString: blobConnection } : { endpoint: blobEndpoint ?? '' },
    entra: {
      issuer: required(
        'ENTRA_ISSUER',
        'give https://login.microsoftonline.com/{tenant}/v2.0, the issuer of the access tokens',
      ),
      audience: required('ENTRA_AUDIENCE', "give the API's application id or its api:// address"),
      jwksUri: url('ENTRA_JWKS_URI', optional('ENTRA_JWKS_URI')),
    },
    microsoft: {
      loginUrl: origin('MICROSOFT_LOGIN_URL', 'https://login.microsoftonline.com'),
      graphUrl: origin('MICROSOFT_GRAPH_URL', 'https://graph.microsoft.com'),
      mailUrl: origin('MICROSOFT_MAIL_URL', 'https://outlook.office365.com'),
    },
    // The platform names the endpoint where there is an identity.
    managedIdentity:
      optional('IDENTITY_ENDPOINT') === undefined ? undefined : { clientId: optional('AZURE_CLIENT_ID') },
    secretKeys: ['SECRET_KEY_CURRENT', 'SECRET_KEY_PREVIOUS'].flatMap(name => {
      const value = optional(name);
      if (value === undefined) {
        if (name === 'SECRET_KEY_CURRENT') fault(name, `is not set; ${secretKeyForm}`);
        return [];
      }
      const key = parseSecretKey(value);
      if (!key) fault(name, `is not a key; ${secretKeyForm}`);
      return key ? [key] : [];
    }),
    deployment: deploymentName(optional('WEBSITE_SITE_NAME')),
    siteUrl: siteUrl(optional('WEBSITE_HOSTNAME')),
    mail: {
      allowPlaintext: flag('MAIL_ALLOW_PLAINTEXT'),
      allowPrivateHosts: flag('MAIL_ALLOW_PRIVATE_HOSTS'),
      extraPorts,
    },
    sliceMs: seconds(
      'SLICE_SECONDS',
      120,
      [1, longestSlice],
      `: a fetch takes up to ${graceSeconds + endingSeconds} more to end, and after ${functionTimeoutSeconds} the host ends it`,
    ),
    graceMs: graceSeconds * 1000,
    leaseMs: seconds('LEASE_SECONDS', 40, [2, 300]),
  };
  const ids = config.secretKeys.map(key => key.id);
  if (new Set(ids).size < ids.length)
    fault('SECRET_KEY_PREVIOUS', 'has the id of SECRET_KEY_CURRENT; give each its own');
  if (faults.length > 0) {
    throw new MaloteError(
      'misconfigured',
      `The settings have ${faults.length} fault(s):\n${faults.map(({ field, message }) => `${field}: ${message}`).join('\n')}`,
      { fields: faults },
    );
  }
  return config;
}

/** Where spans and figures go; undefined: nowhere. Read apart from the rest, so that an app with faults in it is watched too. */
export function readMonitor(environment: Environment = process.env): Monitor | undefined {
  const connectionString = environment.APPLICATIONINSIGHTS_CONNECTION_STRING?.trim();
  if (!connectionString) return undefined;
  const byIdentity = /Authorization=AAD/i.test(environment.APPLICATIONINSIGHTS_AUTHENTICATION_STRING ?? '');
  return {
    connectionString,
    byIdentity,
    name: deploymentName(environment.WEBSITE_SITE_NAME?.trim() || undefined),
  };
}

const secretKeyForm =
  'give "{id}:{32 bytes in base64}", such as the output of: echo "k1:$(head -c 32 /dev/urandom | base64)"';

function parseSecretKey(value: string): SecretKey | undefined {
  const [, id, base64] = /^([A-Za-z0-9-]{1,32}):([A-Za-z0-9+/]{43}=)$/.exec(value) ?? [];
  return id && base64 ? { id, key: Buffer.from(base64, 'base64') } : undefined;
}

/** Azure puts the app's name into WEBSITE_SITE_NAME: 2 to 60 letters, digits and hyphens. Elsewhere it is `mailroom`. */
function deploymentName(siteName = 'mailroom'): string {
  return /^[a-z0-9-]{1,60}$/i.test(siteName) ? siteName.toLowerCase() : 'mailroom';
}

/** Azure Functions and its local tools put the app's own host (and port) into WEBSITE_HOSTNAME. */
function siteUrl(hostname: string | undefined): string {
  if (hostname === undefined) return 'http://localhost:7071';
  return /^(localhost|127\.0\.0\.1)(:|$)/.test(hostname) ? `http://${hostname}` : `https://${hostname}`;
}
