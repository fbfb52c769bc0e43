// Sending from a mailbox of Microsoft 365 over Microsoft Graph, as MIME (https://learn.microsoft.com/graph/outlook-send-mime-message).
import type { GraphMailbox } from '../../domain/service/service.ts';
import { type ErrorCode, MaloteError } from '../../errors.ts';
import type { SendMail } from '../outbound.ts';
import { GraphClient } from './client.ts';
import { GraphRefusal, toGraphError } from './errors.ts';

/**
 * See `SendMail`. Graph takes the addresses from the header, keeps a copy in "Sent Items", and tells no Message-ID. It is asked
 * once: what it does not take now is sent later.
 */
export const sendGraph: SendMail<GraphMailbox> = async (outbound, { raw }, { graphUrl }, signal) => {
  const client = new GraphClient({ target: outbound, graphUrl, signal, mostRepeats: 0 });
  try {
    await client.postText('sendMail', raw.toString('base64'));
    return { messageId: null };
  } catch (error) {
    throw toSendingError(error, outbound.mailbox);
  }
};

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode */
const refusals: Record<string, ErrorCode> = {
  ErrorSendAsDenied: 'permission_missing',
  ErrorInvalidRecipients: 'recipient_refused',
  ErrorInvalidExternalRecipients: 'recipient_refused',
  ErrorMessageSizeExceeded: 'mail_refused',
  ErrorMimeContentInvalid: 'mail_refused',
  ErrorMimeContentInvalidBase64String: 'mail_refused',
  ErrorExceededMessageLimit: 'mailbox_throttled',
  ErrorMessageSubmissionBlocked: 'mailbox_throttled',
  ErrorQuotaExceeded: 'mailbox_throttled',
};

function toSendingError(error: unknown, mailbox: GraphMailbox): MaloteError {
  const usual = toGraphError(error, mailbox);
  const said = error instanceof GraphRefusal ? error.code : '';
  const code =
    refusals[said] ?? (error instanceof GraphRefusal && error.status === 413 ? 'mail_refused' : usual.code);
  const isPerson = mailbox.auth.flow === 'authorizationCode';
  const { message, cure } = (isPerson ? personWords[code] : undefined) ?? words[code] ?? usual;
  const retryAfterMs = usual.retryAfterMs === undefined ? {} : { retryAfterMs: usual.retryAfterMs };
  const itSaid = /^\w{1,60}$/.test(said) && message !== usual.message ? ` It said: ${said}.` : '';
  return new MaloteError(code, message + itSaid, {
    cause: error,
    ...(cure ? { cure } : {}),
    ...retryAfterMs,
  });
}

type Words = Partial<Record<ErrorCode, { message: string; cure: string }>>;

const words: Words = {
  permission_missing: {
    message: 'Microsoft Graph does not let the app send from the mailbox.',
    cure: 'Give the app the role "Application Mail.Send" for this mailbox (RBAC for Applications in Exchange Online), or the application permission Mail.Send in Entra ID with the consent of an administrator; it can take two hours to count.',
  },
  mailbox_throttled: {
    message: 'Microsoft 365 limits how much this mailbox sends.',
    cure: 'Nothing to do: it is sent later. If it goes on, see the sending limits of Exchange Online.',
  },
  recipient_refused: {
    message: 'Microsoft Graph refused the address for ever.',
    cure: 'Nothing to do: the address does not exist, or takes no mail.',
  },
  mail_refused: {
    message: 'Microsoft Graph refused the mail for ever.',
    cure: 'Tell whoever runs this app: it is larger or other than Exchange takes.',
  },
};

const personWords: Words = {
  permission_missing: {
    message: 'Microsoft Graph does not let the person who connected the mailbox send from it.',
    cure: 'Let that person send as the mailbox (Add-RecipientPermission with SendAs), and connect it again with the consent to Mail.Send and Mail.Send.Shared: POST /api/services/{id}/oauth/start.',
  },
};
