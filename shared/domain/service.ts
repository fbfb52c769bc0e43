// The service record: one mailbox, how to read it, and what to do with its mail.
import type { ServiceId } from './mail.ts';

/** What becomes of a mail at the server once it is safe with us. */
export type AfterRead = { action: 'move'; folder: string } | { action: 'delete' };

/** The account a service reads. */
export type MailboxSettings = {
  protocol: 'imap';
  address: string;
  username: string;
  host: string;
  port: number;
  tls: 'implicit' | 'starttls' | 'none';
  /** PEM of a private authority that signed the server's certificate; null trusts the public ones. */
  caCertificate: string | null;
  folder: string;
  afterRead: AfterRead;
  auth: { type: 'basic' };
};
