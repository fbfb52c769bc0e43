// What a token says of sending: whether it has the permission. Graph has no way to try it without a mail that goes.
import { decodeJwt } from 'jose';
import type { GraphMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import type { Finding } from '../probe/step.ts';
import type { Credential } from '../session.ts';

/** Looks for Mail.Send among the permissions of the token that mail is sent with. @throws MaloteError as the credential does */
export async function describeSending(credential: Credential, { auth }: GraphMailbox): Promise<Finding> {
  const token = credential.type === 'token' ? await credential.token({ renew: true }) : '';
  const permissions = permissionsIn(token);
  const wanted = auth.flow === 'authorizationCode' ? ['Mail.Send', 'Mail.Send.Shared'] : ['Mail.Send'];
  if (permissions === undefined) {
    const message = 'The token does not say whether mail may be sent; the first invitation shows it.';
    return { outcome: 'skipped', message };
  }
  const found = wanted.filter(name => permissions.includes(name));
  if (found.length > 0) return { message: `The token may send (${found.join(', ')}); nothing was sent.` };
  if (auth.flow === 'authorizationCode') {
    throw new MaloteError(
      'consent_required',
      'The person who connected the mailbox did not consent to send from it.',
      {
        cure: 'Connect it again, with the consent to Mail.Send and Mail.Send.Shared: POST /api/services/{id}/oauth/start.',
      },
    );
  }
  // What Exchange allows an app by itself (RBAC for Applications) stands in no token.
  return {
    outcome: 'warning',
    message: 'The token has no permission Mail.Send.',
    cure: 'Give the app Mail.Send in Entra ID with the consent of an administrator; or leave it, if Exchange Online gave it the role "Application Mail.Send" for this mailbox, which tokens do not show.',
  };
}

/** Its roles or scopes; undefined where they cannot be read, for what is in a token of Graph is Microsoft's own affair. */
function permissionsIn(token: string): string[] | undefined {
  try {
    const { roles, scp } = decodeJwt(token);
    if (typeof scp === 'string') return scp.split(' ');
    return Array.isArray(roles) ? roles : [];
  } catch {
    return undefined;
  }
}
