// Where the tokens of mailboxes live, and questions to people that wait for an answer: items in the container `mailboxes`.
import type { Container } from '@azure/cosmos';
import type { Actor } from '../domain/audit.ts';
import type { ServiceId } from '../domain/ids.ts';
import { MaloteError } from '../errors.ts';
import type { Sealed } from '../secrets.ts';
import { isAsWritten, request, type Stored, toStored } from './cosmos.ts';

/** The tokens of a service's mailbox. */
export type TokensItem = {
  id: 'tokens';
  serviceId: ServiceId;
  /** See domain/service/token-binding.ts: tokens bound to another place are as good as none. */
  boundTo: string;
  /** MSAL's cache, and which secret it was got with. */
  cache: Sealed | null;
  /** See `KeptTokens` in mailboxes/entra/tokens.ts. */
  refreshingUntil: string | null;
  /** Whose consent it is, and since when; RFC 3339 in UTC. */
  connection: { account: string; at: string } | null;
};

/** One question to a person for consent, until it is answered or too old. */
export type QuestionItem = {
  /** Made of a digest of the state: who reads the database cannot answer in the person's place. */
  id: string;
  serviceId: ServiceId;
  boundTo: string;
  redirectUri: string;
  /** The PKCE verifier and the nonce. */
  proofs: Sealed;
  /** Who asked. */
  askedBy: Actor;
  expiresAt: string;
  /** Seconds after which the database forgets it. */
  ttl: number;
};

/** The tokens kept of a service's mailbox, bound to whatever. One point read. */
export async function findTokens(
  mailboxes: Container,
  serviceId: ServiceId,
): Promise<Stored<TokensItem> | undefined> {
  const { resource } = await request('read tokens', () =>
    mailboxes.item('tokens', serviceId).read<TokensItem>(),
  );
  return resource && toStored(resource);
}

/**
 * Writes the tokens if nobody else did since they were read; `etag` undefined means there must be none yet.
 * @returns the new ETag; undefined when another write came first, or they were deleted
 */
export async function writeTokens(
  mailboxes: Container,
  item: TokensItem,
  etag: string | undefined,
): Promise<string | undefined> {
  // Not an upsert: with If-Match it would bring the tokens of a deleted service back.
  const write = () =>
    etag === undefined
      ? mailboxes.items.create<TokensItem>(item)
      : mailboxes
          .item('tokens', item.serviceId)
          .replace<TokensItem>(item, { accessCondition: { type: 'IfMatch', condition: etag } });
  try {
    const { resource } = await request('write tokens', write);
    return toStored(resource as TokensItem & { _etag: string }).etag;
  } catch (error) {
    if (!isMissed(error)) throw error;
    const found = await findTokens(mailboxes, item.serviceId);
    return isAsWritten(found?.value, item) ? found?.etag : undefined;
  }
}

/** Forgets the tokens of a service. */
export async function deleteTokens(mailboxes: Container, serviceId: ServiceId): Promise<void> {
  await request('delete tokens', () => mailboxes.item('tokens', serviceId).delete()).catch(error => {
    if (error.code !== 'not_found') throw error;
  });
}

/** Keeps a question. Its id is nobody else's: one that is there already was kept by a try whose answer was lost. */
export async function addQuestion(mailboxes: Container, item: QuestionItem): Promise<void> {
  await request('keep a question', () => mailboxes.items.create(item)).catch(error => {
    if (error.code !== 'conflict') throw error;
  });
}

/** Takes a question away, so that it is answered once; undefined when there is none, or somebody else has taken it. */
export async function takeQuestion(
  mailboxes: Container,
  serviceId: ServiceId,
  id: string,
): Promise<QuestionItem | undefined> {
  const item = mailboxes.item(id, serviceId);
  const { resource } = await request('read a question', () => item.read<QuestionItem>());
  if (!resource) return undefined;
  const { value, etag } = toStored(resource);
  try {
    await request('take a question', () =>
      item.delete({ accessCondition: { type: 'IfMatch', condition: etag } }),
    );
    return value;
  } catch (error) {
    if (isMissed(error)) return undefined;
    throw error;
  }
}

function isMissed(error: unknown): boolean {
  return (
    error instanceof MaloteError && ['conflict', 'not_found', 'precondition_failed'].includes(error.code)
  );
}
