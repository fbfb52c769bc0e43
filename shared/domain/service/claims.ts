// What a service claims for itself: its name, its login, and the place that its secrets are sent to.

import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { canonicalHost, isMicrosoftHost } from './host.ts';
import { defaultPort, folderName, mailPorts } from './mailbox-schema.ts';
import type { ServerMailbox } from './service.ts';

/** One key per name that people would take for the same. */
export function nameKey(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/**
 * One key per mail server: behind a port of its own there is another one (a tunnel, a second server on the machine), while the
 * usual ports of both protocols are ways to the same mailboxes.
 */
export function serverKey({ host, port }: { host: string; port?: number | undefined }): string {
  return port === undefined || mailPorts.includes(port) ? host : `${host} ${port}`;
}

type Login = { host?: string; port?: number; username: string; folder: string };

/**
 * One key per mailbox folder. Logins differing only in case are one account with every mail server we know; Microsoft's
 * mailboxes are the same over Graph and over each of its servers.
 */
export function loginKey({ host, port, username, folder }: Login): string {
  const server = host === undefined || isMicrosoftHost(host) ? 'microsoft' : serverKey({ host, port });
  return JSON.stringify([server, username.toLowerCase(), folder]);
}

/** What a document refers to and claims, as far as it can be read; nothing of it has been checked. */
export type Claims = {
  nameKey: string | undefined;
  loginKey: string | undefined;
  /** As a login key: the folder that read mail is moved to. */
  destinationKey: string | undefined;
  /** Both keys as they were before they named a port, where that makes a difference. */
  former: { nameKey: undefined; loginKey: string | undefined; destinationKey: string | undefined };
  groupIds: string[];
  scheduleIds: string[];
  formIds: string[];
};

/** The claims of a document that may be faulty anywhere. Total. */
export function claimsOf(document: JsonObject): Claims {
  const { name, groups } = document;
  const mailbox = isJsonObject(document.mailbox) ? document.mailbox : {};
  const isGraph = mailbox.protocol === 'graph';
  const host = canonicalHost(textOf(mailbox.host));
  const username = textOf(mailbox.username ?? mailbox.address);
  const folder = folderName(textOf(mailbox.folder ?? 'INBOX'));
  const afterRead = isJsonObject(mailbox.afterRead) ? mailbox.afterRead : {};
  const destination = folderName(textOf(afterRead.folder));
  const server = host && !isGraph ? { host } : {};
  const port = typeof mailbox.port === 'number' ? { port: mailbox.port } : {};
  const keyOf = (folder: string, at: Partial<Login> = { ...server, ...port }) =>
    (host || isGraph) && username && folder ? loginKey({ ...at, username, folder }) : undefined;
  const formerOf = (folder: string) => {
    const former = keyOf(folder, server);
    return former === keyOf(folder) ? undefined : former;
  };
  const rows = Array.isArray(groups) ? groups.filter(isJsonObject) : [];
  return {
    nameKey: typeof name === 'string' ? nameKey(name.trim()) : undefined,
    loginKey: keyOf(folder),
    destinationKey: keyOf(destination),
    former: { nameKey: undefined, loginKey: formerOf(folder), destinationKey: formerOf(destination) },
    groupIds: rows.map(({ groupId }) => textOf(groupId)).filter(Boolean),
    scheduleIds: rows.map(({ scheduleId }) => textOf(scheduleId)).filter(Boolean),
    formIds: [textOf(document.formId)].filter(Boolean),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** The login of a mailbox as it was written: the address unless the server wants another. */
export function loginOf({ address, username }: { address: string; username?: string | undefined }): string {
  return username ?? address;
}

/** Where the secrets of a mailbox are sent, and under whose word. */
export type SecretDestination = Partial<Pick<ServerMailbox, 'host' | 'port' | 'tls' | 'caCertificate'>> & {
  username: string;
  auth: { type: string; tenantId?: string; clientId?: string };
};

/** The server of a mailbox as it was written, its defaults filled in. */
export function serverOf(mailbox: {
  protocol: ServerMailbox['protocol'];
  host: string;
  port?: number | undefined;
  tls: ServerMailbox['tls'];
  caCertificate?: string | undefined;
}): Pick<ServerMailbox, 'host' | 'port' | 'tls' | 'caCertificate'> {
  return {
    host: mailbox.host,
    port: mailbox.port ?? defaultPort(mailbox),
    tls: mailbox.tls,
    caCertificate: mailbox.caCertificate ?? null,
  };
}

/** Whether secrets kept for one destination would be sent to another. */
export function isMoved(before: SecretDestination, after: SecretDestination): boolean {
  return (
    (['host', 'port', 'tls', 'caCertificate', 'username'] as const).some(
      member => before[member] !== after[member],
    ) || (['tenantId', 'clientId'] as const).some(member => before.auth[member] !== after.auth[member])
  );
}
