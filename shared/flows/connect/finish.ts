// How connecting a mailbox ends: the answer of Entra ID checked, the mailbox opened with it, and only then kept.
import { findService, type ServiceItem } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { sendsByMailbox } from '../../domain/service/outgoing.ts';
import { type OAuthMailbox, tokenBinding, usesTokens } from '../../domain/service/token-binding.ts';
import { isMailboxTrouble, type MaloteError, traitsOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Consent } from '../../mailboxes/entra/consent.ts';
import { readers } from '../../mailboxes/readers.ts';
import { appLogin } from '../login/app-login.ts';
import { unsealSecrets } from '../login/secrets.ts';
import { keepConsent, noteAnswer } from './keep.ts';
import { type AskedQuestion, takeAskedQuestion } from './question.ts';

/** What Entra ID sends a person back with; nothing of it is to be trusted. */
export type ConnectAnswer = {
  state: string;
  code: string | null;
  /** Instead of a code: why not. */
  error: string | null;
  errorDescription: string | null;
};

/** What the person is to be told. */
export type ConnectOutcome =
  | { outcome: 'connected'; account: string; address: string }
  /** The account that consented may not open the mailbox. */
  | { outcome: 'cannotOpen'; account: string; address: string }
  /** Entra ID did not consent, with its code. */
  | { outcome: 'declined'; entraCode: string }
  /** The question is unknown, too old or was answered already, or the service was changed since. */
  | { outcome: 'stale' }
  /** Neither the person nor the question is at fault. */
  | { outcome: 'failed'; error: MaloteError };

/** A browser waits for it, and has waited for Entra ID already. */
const OPENING_MS = 10_000;

type Request = { now: Date; clock: () => Date; log: Log };

/** Takes up the answer to a question of `startConnecting`. @throws MaloteError `dependency_unavailable` */
export async function finishConnecting(
  clients: Clients,
  answer: ConnectAnswer,
  request: Request,
): Promise<ConnectOutcome> {
  if (answer.code === null && answer.error === null) return { outcome: 'stale' };
  const question = await takeAskedQuestion(clients, answer.state, request.now);
  if (!question) return { outcome: 'stale' };
  const log = request.log.bind({ serviceId: question.serviceId });
  const outcome =
    answer.code === null
      ? { outcome: 'declined' as const, entraCode: entraCodeOf(answer) }
      : await takeUp(clients, question, answer.code, { ...request, log });
  const code = outcome.outcome === 'failed' ? outcome.error.code : undefined;
  log.info('connection-answered', { outcome: outcome.outcome, code });
  return outcome;
}

/** Entra's number, else the error of RFC 6749 4.1.2.1; nothing that could be anything else. */
function entraCodeOf({ error, errorDescription }: ConnectAnswer): string {
  const [number] = /^AADSTS\d{3,9}\b/.exec(errorDescription ?? '') ?? [];
  return number ?? (/^[a-z_]{1,40}$/.test(error ?? '') ? String(error) : 'error');
}

async function takeUp(
  clients: Clients,
  question: AskedQuestion,
  code: string,
  request: Request,
): Promise<ConnectOutcome> {
  const asked = await findAsked(clients, question);
  if (!asked) return { outcome: 'stale' };
  const { item, mailbox } = asked;
  const { address } = mailbox;
  try {
    const secrets = unsealSecrets(clients, item.service.id, item.secrets);
    const use = sendsByMailbox(item.service) ? 'all' : 'read';
    const login = appLogin(clients, mailbox, secrets, use);
    const { redeemCode } = await import('../../mailboxes/entra/consent.ts');
    const consent = await redeemCode(login, question, code, request.clock);
    if (!consent) return { outcome: 'stale' };
    const { account } = consent;
    if (!(await canOpen(clients, mailbox, consent, request.clock))) {
      const what = { field: 'connection', from: null, to: `${account} cannot open ${address}` };
      await noteAnswer(clients, question, 'notConnected', what, request.now);
      return { outcome: 'cannotOpen', account, address };
    }
    // Signing in takes people minutes, and opening a mailbox seconds.
    if (!(await findAsked(clients, question))) return { outcome: 'stale' };
    const kept = await keepConsent(clients, { service: item.service, mailbox, question, consent }, request);
    return kept ? { outcome: 'connected', account, address } : { outcome: 'stale' };
  } catch (error) {
    if (!isMailboxTrouble(error)) throw error;
    return { outcome: 'failed', error };
  }
}

/** The service that a question is about, if it is still what was asked about. */
async function findAsked(
  { config, database }: Clients,
  { serviceId, boundTo }: AskedQuestion,
): Promise<{ item: ServiceItem; mailbox: OAuthMailbox } | undefined> {
  const item = (await findService(database.catalog, serviceId))?.value;
  const mailbox = item?.service.mailbox;
  if (!item || !mailbox || !usesTokens(mailbox)) return undefined;
  return tokenBinding(mailbox, config.microsoft.loginUrl) === boundTo ? { item, mailbox } : undefined;
}

/**
 * Whether the account may open the mailbox, by opening it.
 * @throws MaloteError when nobody can tell now: what could not be tried is not taken for good
 */
async function canOpen(
  { config }: Clients,
  mailbox: OAuthMailbox,
  { accessToken }: Consent,
  clock: () => Date,
): Promise<boolean> {
  const credential = { type: 'token', token: async () => accessToken } as const;
  const allowances = { ...config.mail, graphUrl: config.microsoft.graphUrl };
  const signal = AbortSignal.timeout(OPENING_MS);
  try {
    const session = await readers[mailbox.protocol].open({ mailbox, credential, clock }, allowances, signal);
    try {
      // Graph is asked for the inbox only when it is looked into; where to open is to lock, it was looked into then.
      if (!session.maildrop) await session.list(clock());
    } finally {
      await session.close();
    }
    return true;
  } catch (error) {
    if (!isMailboxTrouble(error)) throw error;
    const { denied, loggedIn } = traitsOf(error.code);
    if (denied) return false;
    if (loggedIn) return true;
    throw error;
  }
}
