// The steps of the connection test over POP3, made with the client that reads the mailbox, on one connection.
import { formerGeneration, pop3Generation } from '../../domain/mail/key.ts';
import type { ServerMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import { describeCertificate } from '../probe/certificate.ts';
import {
  firstProof,
  LOGIN_MS,
  noAnswerOfDns,
  noAnswerToLogin,
  resolveSubject,
  tokenSteps,
  unencrypted,
} from '../probe/findings.ts';
import type { Finding, Probe, Step, Subject, WouldRead } from '../probe/step.ts';
import type { Proof } from '../proof.ts';
import { outgoingSteps } from '../smtp/probe.ts';
import { Pop3Client } from './client.ts';
import { toPop3Error } from './errors.ts';
import { logInPop3 } from './login.ts';
import { identifyEntries, listEntries } from './maildrop.ts';
import { Pop3Memory } from './memory.ts';

/** Headers asked for to count mails: a person waits. */
const MOST_LOOKED_AT = 250;

/** What the steps hand on to the next. */
type State = {
  subject: Subject<ServerMailbox>;
  address: string;
  proof: Proof;
  client: Pop3Client | undefined;
  /** Why TLS could not be begun on a connection that was made. */
  tlsFault: MaloteError | undefined;
  wouldRead: WouldRead | null;
};

/** A test of a mailbox over POP3. It ends without QUIT, so that nothing can be deleted or hidden by it. */
export function probePop3(subject: Subject<ServerMailbox>): Probe {
  const proof = firstProof(subject.credential);
  const state: State = {
    subject,
    address: '',
    proof,
    client: undefined,
    tlsFault: undefined,
    wouldRead: null,
  };
  const closing = new AbortController();
  const step = (
    name: string,
    deadlineMs: number,
    run: (state: State) => Promise<Finding>,
    silence?: Step['silence'],
  ): Step => ({
    name,
    deadlineMs,
    ...(silence ? { silence } : {}),
    run: () => run(state).catch(error => Promise.reject(toPop3Error(error, state.proof))),
  });
  return {
    steps: [
      step('resolve', 2_000, resolve, noAnswerOfDns),
      // Before connecting: a server that is made to wait for the login may hang up.
      ...tokenSteps(subject.credential, proof => {
        state.proof = proof;
      }),
      step('connect', 5_000, state => connect(state, closing.signal), noConnection),
      step('tls', 1_000, describeTls),
      step('login', LOGIN_MS, logIn, noLogin),
      step('capabilities', 1_000, describeCapabilities),
      step('mails', 3_500, countMails),
      step('permission', 1_000, describePermission),
      ...outgoingSteps(subject, closing.signal),
    ],
    wouldRead: () => state.wouldRead,
    close: () => closing.abort(new MaloteError('connection_lost', 'The test is over.')),
  };
}

const noConnection = {
  message: 'Nothing that speaks POP3 answers at this host and port.',
  cure: 'Check mailbox.host, mailbox.port and mailbox.tls (995 is implicit, 110 is starttls); a firewall may swallow the connection.',
};
const noLogin = {
  message: noAnswerToLogin.message,
  cure: `Another program may hold the mailbox: close it, or a fetch of this service is at it. ${noAnswerToLogin.cure}`,
};

async function resolve(state: State): Promise<Finding> {
  const { address, finding } = await resolveSubject(state.subject);
  state.address = address;
  return finding;
}

async function connect(state: State, signal: AbortSignal): Promise<Finding> {
  const { host, port, tls, caCertificate } = state.subject.mailbox;
  const { address } = state;
  try {
    state.client = await Pop3Client.connect({ address, host, port, tls, caCertificate, signal });
  } catch (error) {
    const fault = toPop3Error(error, state.proof);
    if (fault.code !== 'tls_failed' && fault.code !== 'certificate_invalid') throw fault;
    state.tlsFault = fault;
    return { message: `Port ${port} takes connections.` };
  }
  return { message: `The server at port ${port} speaks POP3.` };
}

async function describeTls(state: State): Promise<Finding> {
  if (state.tlsFault) throw state.tlsFault;
  const { secured } = clientOf(state);
  if (secured) return describeCertificate(secured, state.subject.clock());
  return unencrypted(state.proof);
}

async function logIn(state: State): Promise<Finding> {
  const { username } = state.subject.mailbox;
  const mechanism = await logInPop3(clientOf(state), username, state.proof);
  return { message: `The server accepts the login ${username}.`, detail: { mechanism } };
}

async function describeCapabilities(state: State): Promise<Finding> {
  const client = clientOf(state);
  const { capabilities } = client;
  const detail = { capabilities: [...capabilities.keys()] };
  // popa3d has UIDL, and no CAPA to say so.
  if (await client.uidl()) return { message: 'The server names its mails (UIDL).', detail };
  return {
    outcome: 'warning',
    message: 'The server does not name its mails (UIDL): all headers are asked for at every poll.',
    cure: 'Use IMAP where the server offers it, or raise pollSeconds.',
    detail,
  };
}

async function countMails(state: State): Promise<Finding> {
  const { mailbox, readFrom, finishedIn, clock } = state.subject;
  const client = clientOf(state);
  const memory = new Pop3Memory(undefined);
  const all = await listEntries(client, memory);
  const looked = all.slice(-MOST_LOOKED_AT);
  const { identified } = await identifyEntries(client, looked, memory, {
    readFrom,
    now: clock(),
  });
  const generation = pop3Generation(mailbox);
  const isFinished = finishedIn(generation, formerGeneration(mailbox, generation));
  const entering = identified.filter(({ id, withheld }) => withheld === undefined && !isFinished(id));
  const exact = looked.length === all.length;
  // Those that were not looked at may all enter.
  const count = entering.length + all.length - looked.length;
  const times = entering.map(({ receivedAt }) => receivedAt.getTime());
  const oldest = exact && times.length > 0 ? new Date(Math.min(...times)).toISOString() : null;
  state.wouldRead = { count, oldest, exact };
  const mails = `The mailbox has ${all.length} mail(s)`;
  return { message: `${mails}; ${exact ? '' : 'at most '}${count} would be read.` };
}

async function describePermission(): Promise<Finding> {
  return {
    outcome: 'skipped',
    message: 'POP3 has no way to ask whether mail may be deleted; the first fetch shows it.',
  };
}

function clientOf({ client }: State): Pop3Client {
  if (!client) throw new MaloteError('connection_lost', 'There is no connection.');
  return client;
}
