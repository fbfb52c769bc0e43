// Sending by a mail server: one connection for one mail, from the login to the server's word that it has it.
import type { SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection';
import type { ServerMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import { submission, vetConnection } from '../guard.ts';
import type { SendMail } from '../outbound.ts';
import { openWith } from '../proof.ts';
import { type SubmissionServer, withSmtp } from './client.ts';
import { logInSmtp } from './login.ts';

/** See `SendMail`. */
export const sendSmtp: SendMail<ServerMailbox> = async (
  { mailbox, credential },
  mail,
  allowances,
  signal,
) => {
  const { outgoing } = mailbox;
  if (!outgoing) throw notSet();
  const address = await vetConnection(outgoing, allowances, undefined, submission);
  const server = submissionServer(mailbox, outgoing, address, signal);
  const { from, to, raw } = mail;
  return openWith(credential, proof =>
    withSmtp(server, async client => {
      await logInSmtp(client, outgoing.username ?? mailbox.username, proof);
      const envelope = { from, to, size: raw.length, use8BitMime: false };
      const sent = await client.ask<SMTPConnectionSendInfo>(done =>
        client.connection.send(envelope, raw, done),
      );
      return { messageId: sent?.serverMessageId ?? null };
    }),
  );
};

/** How the server of a mailbox is connected to. */
export function submissionServer(
  { address: from, caCertificate }: ServerMailbox,
  { host, port, tls }: NonNullable<ServerMailbox['outgoing']>,
  address: string,
  signal: AbortSignal,
): SubmissionServer {
  const clientName = from.slice(from.lastIndexOf('@') + 1);
  return { host, port, tls, caCertificate, address, clientName, signal };
}

/** Of a record that the rules would refuse today. */
export function notSet(): MaloteError {
  return new MaloteError('host_forbidden', 'No server is set that this mailbox sends by.', {
    cure: 'Give mailbox.outgoing, or set survey.delivery to "platform".',
  });
}
