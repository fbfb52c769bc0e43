// What went wrong with a server that mail is sent by, in our codes with a cure, told from its replies (RFC 5321 4.2, RFC 3463).
import { type ErrorCode, MaloteError } from '../../errors.ts';
import { connectionCode, mailServerError } from '../connection-errors.ts';
import { otherProtocol } from '../greeting.ts';
import type { Proof } from '../proof.ts';
import type { Protocol } from '../protocol.ts';
import { quoted } from '../quoted.ts';

/** What nodemailer puts on an error, as far as it tells cases apart. */
type Signs = Error & {
  code?: string;
  /** Node's own code, where nodemailer put its own in its place. */
  originalCode?: string;
  responseCode?: number;
  /** The whole reply. */
  response?: string;
  /** What was said of a token, before it was refused. */
  reason?: string;
  /** Such as `MAIL FROM`, `AUTH PLAIN`; `CONN` for the connection itself. */
  command?: string;
};

const SMTP: Protocol = {
  name: 'SMTP',
  implicitPort: 465,
  starttlsPort: 587,
  microsoft: { permission: 'SMTP', cmdlet: '-SmtpClientAuthenticationDisabled' },
};

/** Why a reply means what it means, where the code alone does not say. */
type Case = { code: ErrorCode; words?: { message?: string; cure?: string } };

/** Any failure of a connection that mail is sent by as ours. `proof` is by what the login was tried. */
export function toSmtpError(error: unknown, proof?: Proof): MaloteError {
  if (error instanceof MaloteError) return error;
  const signs = error as Signs;
  const { response = '', reason = '', originalCode, code } = signs;
  const other = signs.code === 'EPROTOCOL' && signs.command === 'CONN' && otherProtocol(response, SMTP);
  if (other) return notSubmission(other);
  const { code: ours, words } = signs.responseCode ? replyCase(signs) : { code: failureCode(signs) };
  return mailServerError(ours, SMTP, {
    cause: error,
    codes: [originalCode, code],
    said: withoutAddresses(response) + reason,
    proof,
    words: { ...usualWords(ours, proof), ...words },
  });
}

/** The server was shown nothing, since it offers no way to log in that we know. */
export function takesNoLogin(wanted: string, offered: string[]): MaloteError {
  const instead = offered.length === 0 ? 'none' : quoted(offered.join(', '));
  return new MaloteError('login_refused', `The server takes no ${wanted}; it offers ${instead}.`, {
    cure: 'Check mailbox.outgoing.host, port and tls: most servers let nobody log in before TLS. Where the server takes no tokens, give mailbox.outgoing a login of its own (username and password).',
  });
}

/** Of a server that speaks another protocol. */
function notSubmission({ code, message }: MaloteError): MaloteError {
  const cure =
    'Give mailbox.outgoing the server that mail is sent by: port 465 ("implicit") or 587 ("starttls").';
  return new MaloteError(code, message, { cure });
}

function failureCode({ name, code, originalCode, command, message }: Signs): ErrorCode {
  if (name === 'TimeoutError') return 'mailbox_timeout';
  // nodemailer gives such a text the code of what it was doing.
  if (code === 'ETLS' || /STARTTLS/.test(`${command} ${message}`)) {
    const known = connectionCode(originalCode);
    return known === 'certificate_invalid' ? known : 'tls_failed';
  }
  if (code === 'EDNS') return 'host_unknown';
  if (/TIMEOUT/.test(`${code} ${originalCode}`)) return 'mailbox_timeout';
  const known = connectionCode(originalCode) ?? connectionCode(code);
  if (known) return known;
  if (code === 'EENVELOPE') return 'recipient_refused';
  if (code === 'EMESSAGE') return 'mail_refused';
  return code === 'ECONNECTION' || code === 'ESOCKET' ? 'connection_lost' : 'protocol_violation';
}

/** Said of how much is sent, with codes of any kind: by Exchange Online (5.1.90, 4.3.2), Gmail (4.2.1, 5.4.5) and others. */
const ASKED_TO_WAIT =
  /\b5\.1\.90\b|\b5\.4\.5\b|\b4\.3\.2\b.*thread limit|too many|throttl|rate limit|\blimits?\b.{0,20}exceeded|exceeded.{0,40}\blimits?\b|quota.{0,20}exceeded|slow down/i;
/** https://aka.ms/smtp_auth_disabled */
const SWITCHED_OFF = /SmtpClientAuthentication is disabled for the (Tenant|Mailbox)/i;
/** Exchange says so at the end of the mail, others of MAIL FROM. */
const NOT_THE_SENDER =
  /SendAsDenied|\b5\.7\.60\b|\b5\.2\.252\b|not (owned by|allowed to send as|permitted to send as)|sender (address )?(rejected|verify)/i;
/** A server that takes mail for its own alone. */
const NO_RELAY = /\brelay/i;

function replyCase({ command = '', responseCode = 0, response = '' }: Signs): Case {
  const isForNow = responseCode < 500;
  if (ASKED_TO_WAIT.test(response)) return { code: 'mailbox_throttled' };
  if (command.startsWith('AUTH')) return loginCase(response, isForNow);
  // RFC 5321 3.1: the server wants nobody now (421), or never (554).
  if (command === 'CONN') return { code: isForNow ? 'mailbox_unavailable' : 'connection_refused' };
  if (command === 'STARTTLS') return { code: 'tls_failed' };
  // RFC 4954 6: the server wants a login before, or one that it takes for stronger.
  if (responseCode === 530 || responseCode === 538) return { code: 'login_refused' };
  if (responseCode === 421) return { code: 'mailbox_unavailable' };
  if (isForNow) return { code: 'sending_deferred' };
  if (NOT_THE_SENDER.test(response)) return { code: 'permission_missing', words: notTheSender };
  if (command === 'RCPT TO')
    return NO_RELAY.test(response)
      ? { code: 'permission_missing', words: noRelay }
      : { code: 'recipient_refused' };
  // RFC 3463 3.2 and 3.3: about the address, or its mailbox; some servers say it only at the end of the mail.
  if (/\b5\.1\.[1236]\b|\b5\.2\.[12]\b/.test(response)) return { code: 'recipient_refused' };
  if (command === 'MAIL FROM' && !/\b5\.3\.4\b|^552/.test(response))
    return { code: 'permission_missing', words: notTheSender };
  return { code: command === 'MAIL FROM' || command === 'DATA' ? 'mail_refused' : 'protocol_violation' };
}

function loginCase(response: string, isForNow: boolean): Case {
  const [, whose] = SWITCHED_OFF.exec(response) ?? [];
  if (whose) return { code: 'permission_missing', words: switchedOff(whose.toLowerCase()) };
  // RFC 4954 4.7: 454 is a failure of the server's own; 432 wants a password to be renewed elsewhere.
  return { code: isForNow && !response.startsWith('432') ? 'login_unavailable' : 'login_refused' };
}

function switchedOff(whose: string) {
  const cure =
    whose === 'tenant'
      ? 'Let an administrator allow it for this mailbox: Set-CASMailbox -SmtpClientAuthenticationDisabled $false; for the whole organisation Set-TransportConfig has the same switch. Or read the mailbox over Microsoft Graph, which needs none.'
      : 'Let an administrator allow it: Set-CASMailbox -SmtpClientAuthenticationDisabled $false. Or read the mailbox over Microsoft Graph, which needs none.';
  return {
    message: `Microsoft 365 has sending by SMTP (authenticated) switched off for the ${whose}.`,
    cure,
  };
}

const notTheSender = {
  message: 'The server does not let this login send as the address of the mailbox.',
  cure: 'Let the login send as mailbox.address (at Microsoft 365: Add-RecipientPermission with SendAs), or give mailbox.outgoing the login of that address.',
};
const noRelay = {
  message: 'The server takes mail for its own addresses alone from this login.',
  cure: 'Give mailbox.outgoing the server that mail is submitted to, and a login that may send to others.',
};

/** It may repeat the address that it refuses; Protocol words are never longer than a line. */
function withoutAddresses(response: string): string {
  return response.replaceAll(/<[^<>\s]*>/g, '').replaceAll(/\r?\n\d{3}[ -]/g, ' ');
}

type Words = Partial<Record<ErrorCode, { message?: string; cure: string }>>;

const words: Words = {
  login_refused: {
    cure: 'Give the password again (mailbox.outgoing.password, or mailbox.auth.password where mailbox.outgoing has no login of its own); an app password may be needed.',
  },
  mailbox_throttled: {
    message: 'The server limits how much this mailbox sends.',
    cure: 'Nothing to do: the server asked to wait. If it goes on, see the limits of the account.',
  },
  mailbox_unavailable: {
    message: 'The server that mail is sent by takes none at the moment.',
    cure: 'Nothing to do: it is tried again.',
  },
  connection_refused: {
    message: 'The server that mail is sent by accepts no connections at this host and port.',
    cure: 'Check mailbox.outgoing.host and mailbox.outgoing.port, and that a firewall lets this app through.',
  },
  mailbox_timeout: {
    message: 'The server that mail is sent by did not answer in time.',
    cure: 'Check mailbox.outgoing.host and mailbox.outgoing.port (465 is implicit, 587 is starttls); a firewall may swallow the connection.',
  },
  connection_lost: {
    message: 'The connection to the server that mail is sent by broke.',
    cure: 'Nothing to do: it is made again.',
  },
  tls_failed: {
    cure: 'Check mailbox.outgoing.tls and mailbox.outgoing.port (465 is implicit, 587 is starttls), and that the server offers TLS there.',
  },
  certificate_invalid: {
    cure: "Mend the server's certificate, use in mailbox.outgoing.host the name that it was issued to, or give its authority in mailbox.caCertificate.",
  },
  recipient_refused: {
    message: 'The server refused the address for ever.',
    cure: 'Nothing to do: the address does not exist, or takes no mail.',
  },
  mail_refused: {
    message: 'The server refused the mail for ever.',
    cure: "See at the server why it refuses mail of this mailbox; it may take it for spam, or its domain's SPF and DKIM may be missing.",
  },
  sending_deferred: {
    message: 'The server does not take the mail now.',
    cure: 'Nothing to do: it is sent again later.',
  },
};

/** https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth */
const tokenWords: Words = {
  login_refused: {
    message: 'The server refused the access token.',
    cure: 'At Microsoft 365 check that the app has the permission SMTP.SendAsApp of Office 365 Exchange Online (SMTP.Send for a person) with the consent of the administrator, that its service principal is registered in Exchange (New-ServicePrincipal) and may open the mailbox (Add-MailboxPermission), and that the mailbox may send by SMTP (Set-CASMailbox -SmtpClientAuthenticationDisabled $false).',
  },
};

function usualWords(code: ErrorCode, proof: Proof | undefined): { message?: string; cure?: string } {
  return (proof?.type === 'token' ? tokenWords[code] : undefined) ?? words[code] ?? {};
}
