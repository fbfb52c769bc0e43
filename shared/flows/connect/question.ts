// The question to a person whether a mailbox may be read, between its asking and its answer.
import { createHash, randomBytes } from 'node:crypto';
import { addQuestion, takeQuestion } from '../../azure/token-store.ts';
import type { Clients } from '../../clients.ts';
import type { Actor } from '../../domain/audit.ts';
import { parseServiceId, type ServiceId } from '../../domain/ids.ts';
import type { AuthorizationRequest } from '../../mailboxes/entra/consent.ts';
import { seal, unseal } from '../../secrets.ts';

const LIFE_MS = 15 * 60_000;

/** What is remembered of a question. */
export type AskedQuestion = AuthorizationRequest & {
  serviceId: ServiceId;
  /** What the tokens are to be bound to (domain/service/token-binding.ts). */
  boundTo: string;
  askedBy: Actor;
};

type WithDatabase = Pick<Clients, 'config' | 'database'>;

/** Makes a question and keeps it. @returns it, with the instant until which it can be answered */
export async function askQuestion(
  { config, database }: WithDatabase,
  about: Pick<AskedQuestion, 'serviceId' | 'boundTo' | 'redirectUri' | 'askedBy'>,
  now: Date,
): Promise<AskedQuestion & { expiresAt: string }> {
  const { serviceId } = about;
  // The state names the service, so that the answer is found by one point read.
  const state = `${serviceId}.${randomText()}`;
  const proofs = { verifier: randomText(), nonce: randomText() };
  const expiresAt = new Date(now.getTime() + LIFE_MS).toISOString();
  const sealed = seal(config.secretKeys, JSON.stringify(proofs), contextOf(state));
  await addQuestion(database.mailboxes, {
    ...about,
    id: idOf(state),
    proofs: sealed,
    expiresAt,
    ttl: LIFE_MS / 1000,
  });
  return { ...about, ...proofs, state, expiresAt };
}

/** The question that a state answers, taken away for good; undefined when there is none, or not any more. */
export async function takeAskedQuestion(
  { config, database }: WithDatabase,
  state: string,
  now: Date,
): Promise<AskedQuestion | undefined> {
  const [, named] = /^([^.]+)\.[\w-]{43}$/.exec(state) ?? [];
  const serviceId = parseServiceId(named);
  if (serviceId === undefined) return undefined;
  const item = await takeQuestion(database.mailboxes, serviceId, idOf(state));
  // The database forgets in its own time.
  if (!item || now.toISOString() >= item.expiresAt) return undefined;
  const { boundTo, redirectUri, askedBy, proofs } = item;
  const { verifier, nonce } = JSON.parse(unseal(config.secretKeys, proofs, contextOf(state)));
  return { serviceId: item.serviceId, boundTo, redirectUri, askedBy, state, verifier, nonce };
}

/** 256 bits; as a PKCE verifier of the length that RFC 7636 4.1 recommends. */
function randomText(): string {
  return randomBytes(32).toString('base64url');
}

function idOf(state: string): string {
  return `question-${createHash('sha256').update(state).digest('hex')}`;
}

function contextOf(state: string): string {
  return `mailboxes/${idOf(state)}`;
}
