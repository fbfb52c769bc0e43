// What the readers read, made alike for the suite that all of them pass: accounts to deliver to, and faults on the way.
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import { createRemoteJWKSet } from 'jose';
import type { Faults } from '../../local/faults.ts';
import { startMailProxy } from '../../local/mail/fault-proxy.ts';
import { findFreePorts } from '../../local/mail/free-ports.ts';
import type { Stack } from '../../local/stack.ts';
import { type Mailroom, useMailroom } from './mailroom.ts';

type Json = Record<string, unknown>;

/** One mailbox, as somebody sees it who sends to it and looks into it with a mail program. */
export type Account = {
  /** `mailbox` of a service that reads it. */
  settings: Json & { auth: Json };
  deliver: (raw: Buffer | string, options?: { receivedAt?: Date }) => Promise<void>;
  createFolder: (folder: string) => Promise<void>;
  list: (folder: string) => Promise<{ raw: Buffer; isSeen: boolean }[]>;
};

/** A kind of mailbox. */
export type MailSource = {
  name: string;
  skip: string | false;
  room: Mailroom;
  /** Where a mail is that was deleted; undefined where it is gone. */
  trash?: string;
  /** Whether it has folders. */
  hasFolders: boolean;
  newAccount: (...folders: string[]) => Promise<Account>;
  /** Of the way to the server, and what it calls the steps of a fetch. */
  faults: Faults;
  steps: { look: string; dispose: string };
  /** Whether it tells how long to wait. */
  tellsWait: boolean;
  /** Changes `auth` so that the login is refused, with this code and a cure that names what to set. */
  wrongLogin: { auth: Json; code: string; cure: RegExp };
  /** Makes tokens worthless that are not over, and ends what was opened with them; of sources without tokens undefined. */
  endTokens?: () => void;
};

const environment = { SLICE_SECONDS: '1', LEASE_SECONDS: '2' };

const wrongPassword = { auth: { password: 'wrong' }, code: 'login_refused', cure: /auth\.password/ };
const wrongSecret = { auth: { clientSecret: 'wrong' }, code: 'app_refused', cure: /clientSecret/ };

/** Dovecot, with a password. */
export async function usePasswordSource(protocol: 'imap' | 'pop3'): Promise<MailSource> {
  return useServer(protocol, false);
}

/** Dovecot, with the tokens of an app. */
export async function useTokenSource(protocol: 'imap' | 'pop3'): Promise<MailSource> {
  return useServer(protocol, true);
}

async function useServer(protocol: 'imap' | 'pop3', withTokens: boolean): Promise<MailSource> {
  const [port = 0] = await findFreePorts(1);
  const room = await useMailroom({
    environment: { ...environment, MAIL_EXTRA_PORTS: `${port}` },
    ...(withTokens ? { oauth: issuerOf } : {}),
  });
  const { dovecot } = room;
  const proxy = await startMailProxy({
    protocol,
    port,
    serverPort: dovecot.ports[protocol],
    tls: dovecot.authority,
  });
  after(() => proxy.close());
  return {
    name: `${protocol} with ${withTokens ? 'tokens' : 'a password'}`,
    skip: dovecot.skip,
    room,
    hasFolders: protocol === 'imap',
    async newAccount(...folders) {
      const mailbox = await dovecot.newMailbox(...folders);
      return {
        settings: {
          protocol,
          address: mailbox.user.includes('@') ? mailbox.user : `${mailbox.user}@example.com`,
          username: mailbox.user,
          host: dovecot.host,
          port,
          tls: 'implicit',
          caCertificate: dovecot.authority.caPem,
          afterRead: { action: 'delete' },
          auth: withTokens ? appAuth(room) : { type: 'basic', password: mailbox.password },
        },
        deliver: (raw, options) => mailbox.deliver('INBOX', raw, options),
        createFolder: mailbox.createFolder,
        async list(folder) {
          const mails = await mailbox.list(folder);
          return mails.map(({ raw, flags }) => ({ raw, isSeen: flags.includes('\\Seen') }));
        },
      };
    },
    faults: proxy.faults,
    tellsWait: false,
    steps: protocol === 'imap' ? { look: 'SELECT', dispose: 'UID MOVE' } : { look: 'UIDL', dispose: 'DELE' },
    wrongLogin: withTokens ? wrongSecret : wrongPassword,
    ...(withTokens
      ? {
          endTokens: () => {
            room.stack.entra.invalidateTokens();
            proxy.cutAfterBytes(1);
          },
        }
      : {}),
  };
}

/** Microsoft Graph, with the tokens of an app. */
export async function useGraphSource(): Promise<MailSource> {
  const room = await useMailroom({ environment });
  const { graph } = room.stack;
  return {
    name: 'graph',
    skip: false,
    room,
    trash: 'deleteditems',
    hasFolders: true,
    async newAccount(...folders) {
      const address = `user-${randomUUID()}@contoso.example`;
      graph.addMailbox(address);
      for (const folder of folders) graph.createFolder(address, folder);
      return {
        settings: { protocol: 'graph', address, afterRead: { action: 'delete' }, auth: appAuth(room) },
        async deliver(raw, options = {}) {
          await graph.deliver(address, 'inbox', raw, options);
        },
        createFolder: async folder => graph.createFolder(address, folder),
        async list(folder) {
          // No request of Graph that Malote makes can mark a mail as read.
          const mails = graph.list(address, folder);
          return mails.map(({ raw }) => ({ raw: raw ?? Buffer.alloc(0), isSeen: false }));
        },
      };
    },
    faults: graph.faults,
    tellsWait: true,
    steps: { look: 'GET messages', dispose: 'POST move' },
    wrongLogin: wrongSecret,
    endTokens: () => graph.refuseTokens(),
  };
}

function appAuth({ stack: { entra } }: Mailroom): Json {
  return {
    type: 'oauth',
    flow: 'clientCredentials',
    tenantId: entra.tenantId,
    ...entra.mailApps.secret,
  };
}

function issuerOf({ entra }: Stack) {
  const keys = createRemoteJWKSet(new URL(entra.jwksUri));
  return { issuer: entra.issuer, keys, isRevoked: entra.isRevoked };
}
