// What a service claims for itself: its name, its login, and the place that its password is sent to.
import { canonicalHost } from './mail-host.ts';
import { defaultPort, folderName } from './mailbox-schema.ts';
import { isJsonObject, type JsonObject } from './merge-patch.ts';
import type { MailboxSettings } from './service.ts';

/** One key per name that people would take for the same. */
export function nameKey(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** One key per mailbox folder. Logins differing only in case are one account with every mail server we know. */
export function loginKey({ host, username, folder }: Pick<MailboxSettings, 'host' | 'username' | 'folder'>) {
  return JSON.stringify([host, username.toLowerCase(), folder]);
}

/** What a document refers to and claims, as far as it can be read; nothing of it has been checked. */
export type Claims = {
  nameKey: string | undefined;
  loginKey: string | undefined;
  /** As a login key: the folder that read mail is moved to. */
  destinationKey: string | undefined;
  groupIds: string[];
};

/** The claims of a document that may be faulty anywhere. Total. */
export function claimsOf(document: JsonObject): Claims {
  const { name, groups } = document;
  const mailbox = isJsonObject(document.mailbox) ? document.mailbox : {};
  const host = canonicalHost(textOf(mailbox.host));
  const username = textOf(mailbox.username ?? mailbox.address);
  const folder = folderName(textOf(mailbox.folder ?? 'INBOX'));
  const afterRead = isJsonObject(mailbox.afterRead) ? mailbox.afterRead : {};
  const destination = folderName(textOf(afterRead.folder));
  const keyOf = (folder: string) =>
    host && username && folder ? loginKey({ host, username, folder }) : undefined;
  const rows = Array.isArray(groups) ? groups.filter(isJsonObject) : [];
  return {
    nameKey: typeof name === 'string' ? nameKey(name.trim()) : undefined,
    loginKey: keyOf(folder),
    destinationKey: keyOf(destination),
    groupIds: rows.map(({ groupId }) => textOf(groupId)).filter(Boolean),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** Where a password is sent, and under whose word. */
export type Destination = Pick<MailboxSettings, 'host' | 'port' | 'tls' | 'username' | 'caCertificate'>;

/** The destination of a mailbox as it was written, its defaults filled in. */
export function destinationOf(mailbox: {
  protocol: MailboxSettings['protocol'];
  host: string;
  port?: number | undefined;
  tls: MailboxSettings['tls'];
  address: string;
  username?: string | undefined;
  caCertificate?: string | undefined;
}): Destination {
  return {
    host: mailbox.host,
    port: mailbox.port ?? defaultPort(mailbox),
    tls: mailbox.tls,
    username: mailbox.username ?? mailbox.address,
    caCertificate: mailbox.caCertificate ?? null,
  };
}

/** Whether a password stored for one destination would be sent to another. */
export function isMoved(before: Destination, after: Destination): boolean {
  return (['host', 'port', 'tls', 'username', 'caCertificate'] as const).some(
    member => before[member] !== after[member],
  );
}
