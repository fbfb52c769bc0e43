// The step of the connection test that tries the server a mailbox sends by: connects, encrypts, logs in; sends nothing.
import type { ServerMailbox } from '../../domain/service/service.ts';
import { submission, vetConnection } from '../guard.ts';
import { describeCertificate } from '../probe/certificate.ts';
import { LOGIN_MS, noAnswerToLogin, unencrypted } from '../probe/findings.ts';
import type { Finding, Step, Subject } from '../probe/step.ts';
import { openWith } from '../proof.ts';
import { withSmtp } from './client.ts';
import { toSmtpError } from './errors.ts';
import { logInSmtp } from './login.ts';
import { submissionServer } from './send.ts';

/** The step `outgoing`; none where the mailbox sends nothing. `signal` ends it. */
export function outgoingSteps(subject: Subject<ServerMailbox>, signal: AbortSignal): Step[] {
  const { mailbox, outgoing: credential } = subject;
  if (!mailbox.outgoing || !credential) return [];
  const server = mailbox.outgoing;
  const run = async (): Promise<Finding> => {
    const { allowances, lookup, clock } = subject;
    const address = await vetConnection(server, allowances, lookup, submission);
    const destination = submissionServer(mailbox, server, address, signal);
    return openWith(credential, proof =>
      withSmtp(destination, async client => {
        const mechanism = await logInSmtp(client, server.username ?? mailbox.username, proof);
        const { outcome, message, cure, detail } = client.secured
          ? describeCertificate(client.secured, clock())
          : unencrypted(proof);
        const said = `${server.host} takes the login ${server.username ?? mailbox.username} to send by; nothing was sent.`;
        return {
          ...(outcome ? { outcome } : {}),
          message: outcome ? `${said} ${message}` : said,
          ...(cure ? { cure: cure.replace('mailbox.tls', 'mailbox.outgoing.tls') } : {}),
          detail: { ...detail, address, mechanism },
        };
      }),
    );
  };
  return [
    {
      name: 'outgoing',
      deadlineMs: LOGIN_MS,
      silence: { message: noAnswer, cure: noAnswerToLogin.cure },
      run: () => run().catch(error => Promise.reject(toSmtpError(error))),
    },
  ];
}

const noAnswer = 'The server that mail is sent by does not answer in time.';
