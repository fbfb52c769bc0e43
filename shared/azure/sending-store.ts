// What is remembered of what mailboxes send: why a service's sending fails, and the Message-IDs that servers gave in the place of ours.
import type { Container } from '@azure/cosmos';
import type { MailboxTrouble } from '../domain/backoff.ts';
import type { ServiceId } from '../domain/ids.ts';
import { sha256Hex } from '../domain/mail/ledger-record.ts';
import type { InvitationId } from '../domain/survey/invitation.ts';
import type { ErrorCode } from '../errors.ts';
import { request, toStored } from './cosmos.ts';

/** Of a service as it was under this ETag: a changed one starts afresh. */
type TroubleItem = {
  id: 'sending';
  serviceId: ServiceId;
  serviceEtag: string;
  trouble: MailboxTrouble | null;
  ttl: number;
};

const TROUBLE_SECONDS = 7 * 86_400;
/** Reports come within days; RFC 5321 4.5.4.1 has servers give up after 4 or 5. */
const MESSAGE_ID_SECONDS = 30 * 86_400;

/** Why the sending of a service fails; null when it does not. One point read. */
export async function findSendingTrouble(
  mailboxes: Container,
  serviceId: ServiceId,
  serviceEtag: string,
): Promise<MailboxTrouble | null> {
  const { resource } = await request('read sending trouble', () =>
    mailboxes.item('sending', serviceId).read<TroubleItem>(),
  );
  const found = resource && toStored<TroubleItem>(resource).value;
  return found?.serviceEtag === serviceEtag ? found.trouble : null;
}

/** A service that cannot send, and since when, as it was under this ETag. */
export type NotSending = { serviceId: ServiceId; serviceEtag: string; code: ErrorCode; since: string };

/** All that cannot send; about 3 RU, and 0.3 for each. */
export async function listNotSending(mailboxes: Container): Promise<NotSending[]> {
  const { resources } = await request('search sending troubles', () =>
    mailboxes.items
      .query<NotSending>(
        "SELECT c.serviceId, c.serviceEtag, c.trouble.code, c.trouble.since FROM c WHERE c.id = 'sending' AND IS_DEFINED(c.trouble.since)",
      )
      .fetchAll(),
  );
  return resources;
}

/** Of two writes at once the later stands: both were true a moment ago. */
export async function writeSendingTrouble(
  mailboxes: Container,
  serviceId: ServiceId,
  serviceEtag: string,
  trouble: MailboxTrouble | null,
): Promise<void> {
  const item: TroubleItem = { id: 'sending', serviceId, serviceEtag, trouble, ttl: TROUBLE_SECONDS };
  await request('write sending trouble', () => mailboxes.items.upsert(item));
}

/** Remembers under which Message-ID a server sent an invitation, for the report that may come of it. */
export async function noteSentAs(
  surveys: Container,
  messageId: string,
  invitationId: InvitationId,
): Promise<void> {
  const item = {
    id: 'sentAs',
    pk: partitionOf(messageId),
    kind: 'sentAs',
    invitationId,
    ttl: MESSAGE_ID_SECONDS,
  };
  await request('note a Message-ID', () => surveys.items.upsert(item));
}

/** The invitation that a server sent under this Message-ID of its own. One point read. */
export async function findSentAs(surveys: Container, messageId: string): Promise<InvitationId | undefined> {
  const { resource } = await request('read a Message-ID', () =>
    surveys.item('sentAs', partitionOf(messageId)).read<{ invitationId: InvitationId }>(),
  );
  return resource?.invitationId;
}

function partitionOf(messageId: string): string {
  return `message:${sha256Hex(messageId)}`;
}
