// What a person's mail program does to a mailbox: puts mails into folders, makes folders, looks what is there.

import { ImapFlow } from 'imapflow';

export type Mailbox = {
  /** Appends one mail to a folder. `receivedAt` becomes its INTERNALDATE, to the second. */
  deliver: (folder: string, raw: Buffer | string, options?: DeliveryOptions) => Promise<void>;
  createFolder: (folder: string) => Promise<void>;
  /** Takes the mark \\Deleted from a mail, as somebody does who changed their mind. */
  unmarkDeleted: (folder: string, uid: number) => Promise<void>;
  /** Every mail of a folder in the order of their UIDs, without marking any as read. */
  list: (folder: string) => Promise<StoredMail[]>;
  close: () => Promise<void>;
};

export type DeliveryOptions = { receivedAt?: Date; flags?: string[] };

export type StoredMail = { uid: number; receivedAt: Date; flags: string[]; raw: Buffer };

type Account = { port: number; ca: string; user: string; password: string };

/** Logs in over implicit TLS on loopback; the connection stays open for many mails. */
export async function openMailbox({ port, ca, user, password }: Account): Promise<Mailbox> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: true,
    tls: { ca },
    auth: { user, pass: password },
    logger: false,
    disableAutoIdle: true,
  });
  // A lost connection fails the next command; without a listener the event alone would end the process.
  client.on('error', () => {});
  await client.connect();
  return {
    async deliver(folder, raw, { receivedAt = new Date(), flags = [] } = {}) {
      const appended = await client.append(folder, raw, flags, receivedAt);
      if (!appended) throw new Error(`The server refused a mail for ${folder}`);
    },
    async createFolder(folder) {
      await client.mailboxCreate(folder);
    },
    async unmarkDeleted(folder, uid) {
      const lock = await client.getMailboxLock(folder);
      await client.messageFlagsRemove(`${uid}`, ['\\Deleted'], { uid: true });
      lock.release();
    },
    async list(folder) {
      const lock = await client.getMailboxLock(folder, { readOnly: true });
      try {
        // Lets the server tell what others did to the folder since we opened it.
        await client.noop();
        // `1:*` of an empty folder is an error to some servers.
        if (!client.mailbox || client.mailbox.exists === 0) return [];
        const mails = await client.fetchAll('1:*', { source: true, internalDate: true, flags: true });
        // Of a mail that somebody takes away meanwhile half is told (RFC 2180 4.1.3): it is not in the folder.
        return mails.flatMap(({ uid, internalDate, flags, source }) =>
          internalDate && flags && source
            ? { uid, receivedAt: new Date(internalDate), flags: [...flags], raw: source }
            : [],
        );
      } finally {
        lock.release();
      }
    },
    close: () => client.logout(),
  };
}
