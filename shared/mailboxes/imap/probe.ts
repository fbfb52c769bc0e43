// The steps of the connection test over IMAP, made with the client that reads the mailbox, on one connection.
import type { TLSSocket } from 'node:tls';
import type { ImapFlow } from 'imapflow';
import type { ServerMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import { otherProtocol } from '../greeting.ts';
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
import { quoted } from '../quoted.ts';
import { outgoingSteps } from '../smtp/probe.ts';
import { createImapClient } from './client.ts';
import { IMAP, toImapError } from './errors.ts';
import {
  checkPermission,
  countMails,
  describeExtensions,
  tryDestination,
  tryFolder,
} from './probe-folders.ts';
import { observedTransport } from './transport.ts';

/** Longer than any step may take: the deadline of the step says it in better words. */
const NEVER_MS = 15_000;

/** What the steps hand on to the next. */
type State = {
  subject: Subject<ServerMailbox>;
  address: string;
  proof: Proof;
  client: ImapFlow | undefined;
  /** Settles when logged in. */
  opened: Promise<void>;
  /** What happens to the connection on its way to a session, each resolved when it does. */
  milestones: {
    connected: PromiseWithResolvers<void>;
    secured: PromiseWithResolvers<TLSSocket>;
    greeted: PromiseWithResolvers<void>;
  };
  /** Rejected with what is heard on the way, and imapflow would tell later or not at all. */
  heard: PromiseWithResolvers<never>;
  /** The error event of the connection, which knows more than the command that it breaks. */
  cause: Error | undefined;
  wouldRead: WouldRead | null;
};

/** A test of a mailbox over IMAP. */
export function probeImap(subject: Subject<ServerMailbox>): Probe {
  const state: State = {
    subject,
    address: '',
    proof: firstProof(subject.credential),
    client: undefined,
    opened: Promise.resolve(),
    milestones: {
      connected: Promise.withResolvers(),
      secured: Promise.withResolvers(),
      greeted: Promise.withResolvers(),
    },
    heard: Promise.withResolvers(),
    cause: undefined,
    wouldRead: null,
  };
  const closing = new AbortController();
  // Heard between two steps, it is told by the next.
  state.heard.promise.catch(() => {});
  const step = (
    name: string,
    deadlineMs: number,
    run: (state: State) => Promise<Finding>,
    silence?: Step['silence'],
  ): Step => ({
    name,
    deadlineMs,
    ...(silence ? { silence } : {}),
    run: () =>
      Promise.race([run(state), state.heard.promise]).catch(error => Promise.reject(oursOf(error, state))),
  });
  const tls = step('tls', 2_500, secure);
  const greeting = step('greeting', 3_000, greet, noGreeting);
  return {
    steps: [
      step('resolve', 2_000, resolve, noAnswerOfDns),
      // Before connecting, as the client logs in as soon as it is greeted.
      ...tokenSteps(subject.credential, proof => {
        state.proof = proof;
      }),
      step('connect', 2_500, connect, noConnection),
      ...(subject.mailbox.tls === 'starttls' ? [greeting, tls] : [tls, greeting]),
      step('login', LOGIN_MS, logIn, noAnswerToLogin),
      step('capabilities', 1_000, async state => describeExtensions(clientOf(state), subject)),
      step('folder', 2_500, state => tryFolder(clientOf(state), subject)),
      step('mails', 3_500, async state => {
        const { wouldRead, finding } = await countMails(clientOf(state), subject);
        state.wouldRead = wouldRead;
        return finding;
      }),
      step('destination', 2_500, state => tryDestination(clientOf(state), subject)),
      step('permission', 2_500, state => checkPermission(clientOf(state), subject)),
      ...outgoingSteps(subject, closing.signal),
    ],
    wouldRead: () => state.wouldRead,
    close: () => {
      closing.abort(new MaloteError('connection_lost', 'The test is over.'));
      state.client?.close();
    },
  };
}

const noConnection = {
  message: 'Nothing answers at this host and port.',
  cure: 'Check mailbox.host and mailbox.port; a firewall may swallow the connection.',
};
const noGreeting = {
  message: 'The server takes the connection and stays silent, or does not speak IMAP.',
  cure: 'Check mailbox.port and mailbox.tls: a server that expects TLS from the start (993, "implicit") waits for it without a word.',
};

async function resolve(state: State): Promise<Finding> {
  const { address, finding } = await resolveSubject(state.subject);
  state.address = address;
  return finding;
}

async function connect(state: State): Promise<Finding> {
  const { subject, proof, address, milestones, heard } = state;
  const client = createImapClient(subject.mailbox, proof, address, {
    transport: observedTransport({
      onConnected: milestones.connected.resolve,
      onSecured: milestones.secured.resolve,
    }),
    emitLogs: true,
    logRaw: true,
    connectionTimeout: NEVER_MS,
    greetingTimeout: NEVER_MS,
    socketTimeout: NEVER_MS,
  });
  client.on('error', (error: Error) => {
    state.cause = error;
  });
  // The first command is sent when the greeting has come; there is no event for the greeting itself.
  let isGreeted = false;
  client.on('log', ({ src, data, err }: Heard) => {
    if (src === 'c') milestones.greeted.resolve();
    if (src === 's' && data && !isGreeted) {
      isGreeted = true;
      const other = otherProtocol(Buffer.from(data, 'base64').toString('latin1'), IMAP);
      if (other) heard.reject(other);
    }
    // imapflow waits as long as it is told to before it says so.
    if (err?.code === 'ETHROTTLE') heard.reject(err);
  });
  state.client = client;
  state.opened = client.connect();
  await reached(state, milestones.connected.promise);
  return { message: `Port ${subject.mailbox.port} takes connections.` };
}

/** A line of imapflow's log; `data` are bytes in base64, from the server (`s`) or to it (`c`). */
type Heard = { src?: string; data?: string; err?: Error & { code?: string } };

/** What a milestone tells, or why the connection failed before it. */
async function reached<T>({ opened }: State, milestone: Promise<T>): Promise<T> {
  return Promise.race([milestone, opened.then(() => milestone)]);
}

async function secure(state: State): Promise<Finding> {
  const { mailbox, clock } = state.subject;
  if (mailbox.tls === 'none') {
    return unencrypted(state.proof);
  }
  try {
    return describeCertificate(await reached(state, state.milestones.secured.promise), clock());
  } catch (error) {
    const failure = oursOf(error, state);
    if (failure.code !== 'connection_lost') throw failure;
    throw new MaloteError('tls_failed', 'The server ends the connection instead of beginning TLS.', {
      cause: error,
      cure: 'Check mailbox.tls and mailbox.port: 993 is implicit, 143 is starttls.',
    });
  }
}

async function greet(state: State): Promise<Finding> {
  await reached(state, state.milestones.greeted.promise);
  const { greeting } = clientOf(state);
  return {
    message: 'The server speaks IMAP.',
    ...(greeting ? { detail: { greeting: quoted(greeting, state.proof) } } : {}),
  };
}

async function logIn(state: State): Promise<Finding> {
  await state.opened;
  const { authCapabilities }: Telling = clientOf(state);
  const [mechanism] = [...(authCapabilities ?? [])].find(([, isUsed]) => isUsed) ?? [];
  return {
    message: `The server accepts the login ${state.subject.mailbox.username}.`,
    ...(mechanism ? { detail: { mechanism: mechanism.replace('AUTH=', '') } } : {}),
  };
}

/** imapflow tells which mechanisms the server offers, and of each whether it was used, though not in its types. */
type Telling = ImapFlow & { authCapabilities?: Map<string, boolean> };

function oursOf(error: unknown, { cause, proof }: State): MaloteError {
  return toImapError(error, { cause, proof });
}

function clientOf({ client }: State): ImapFlow {
  if (!client) throw new MaloteError('connection_lost', 'There is no connection.');
  return client;
}
