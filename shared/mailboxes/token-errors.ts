// What goes wrong when a mail server is given an access token: other words than for passwords, and Microsoft 365's usual reasons.
import { type ErrorCode, MaloteError } from '../errors.ts';
import type { Protocol } from './protocol.ts';
import { quoted } from './quoted.ts';

type Account = { message: string; cure: string };

/** The message and the cure of a code that means something else for tokens than for passwords. */
export function tokenTrouble(code: ErrorCode, protocol: Protocol): Account | undefined {
  if (code === 'login_refused') return refused(protocol);
  if (code === 'permission_missing') return notConnected(protocol);
  return undefined;
}

/** https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth */
function refused({ microsoft: { permission, cmdlet } }: Protocol): Account {
  return {
    message: 'The server refused the access token.',
    cure: [
      `At Microsoft 365 check that the app has the permission ${permission}.AccessAsApp of Office 365 Exchange Online`,
      `(${permission}.AccessAsUser.All for a person) with the consent of the administrator,`,
      'that its service principal is registered in Exchange (New-ServicePrincipal) and may open the mailbox (Add-MailboxPermission),',
      `and that the mailbox has ${permission} switched on (Set-CASMailbox ${cmdlet} $true).`,
    ].join(' '),
  };
}

function notConnected({ microsoft: { permission, cmdlet } }: Protocol): Account {
  return {
    message: 'The server took the access token, but it does not open this mailbox.',
    cure: [
      "Check that mailbox.username is the mailbox's address, and at Microsoft 365 that the app, or the person who gave consent, may open it:",
      'New-ServicePrincipal with the object id of the enterprise application, Add-MailboxPermission with FullAccess',
      `(both take effect after up to an hour), and Set-CASMailbox ${cmdlet} $true for ${permission}.`,
    ].join(' '),
  };
}

/**
 * Exchange says so when the login went well and the mailbox is not this identity's: with BAD, to NAMESPACE, SELECT and
 * whatever else comes after the login. For a password it means that the password is wrong.
 */
export const NOT_CONNECTED = /authenticated but not connected/i;

/** The server was sent no token, since it offers nothing that takes one. */
export function takesNoTokens(wanted: string, offered = ''): MaloteError {
  const instead = offered === '' ? '' : ` It offers ${quoted(offered)}.`;
  return new MaloteError('login_refused', `The server takes no access tokens (${wanted}).${instead}`, {
    cure: 'Check mailbox.host and mailbox.tls: some servers take tokens over TLS alone. Where they take none, set mailbox.auth.type to "basic".',
  });
}
