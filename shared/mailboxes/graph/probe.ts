// The steps of the connection test over Microsoft Graph, made with the client that reads the mailbox.
import { graphGeneration, graphId } from '../../domain/mail/key.ts';
import type { GraphMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import type { Finding, Probe, Step, Subject, WouldRead } from '../probe/step.ts';
import { GraphClient } from './client.ts';
import { GraphRefusal, graphError, toGraphError } from './errors.ts';
import { createFolder, type Folder, findDestination, findSource, getFolder, INBOX_ID } from './folders.ts';
import { listMessages, receivedAt } from './messages.ts';
import { describeSending } from './probe-sending.ts';

/** Up to so many mails each is looked at; of more, only the first. One page has as many. */
const MOST_LOOKED_AT = 1000;

/** What the steps hand on to the next. */
type State = {
  subject: Subject<GraphMailbox>;
  client: GraphClient;
  source: Folder | undefined;
  destination: Folder | undefined;
  wouldRead: WouldRead | null;
};

/** A test of a mailbox over Graph. */
export function probeGraph(subject: Subject<GraphMailbox>): Probe {
  const { mailbox, allowances, outgoing } = subject;
  const closing = new AbortController();
  const state: State = {
    subject,
    // Somebody waits: a busy service is said, not waited for.
    client: new GraphClient({
      target: subject,
      graphUrl: allowances.graphUrl,
      signal: closing.signal,
      mostRepeats: 0,
    }),
    source: undefined,
    destination: undefined,
    wouldRead: null,
  };
  const step = (
    name: string,
    deadlineMs: number,
    run: (state: State) => Promise<Finding>,
    silence: Step['silence'] = noAnswer,
  ): Step => ({
    name,
    deadlineMs,
    silence,
    run: () => run(state).catch(error => Promise.reject(toGraphError(error, mailbox))),
  });
  return {
    steps: [
      step('token', 5_000, askForToken, noToken),
      step('mailbox', 3_000, openMailbox),
      step('folder', 2_500, tryFolder),
      step('mails', 3_500, countMails),
      step('destination', 2_500, tryDestination),
      step('permission', 2_500, checkPermission),
      ...(outgoing ? [step('outgoing', 4_000, () => describeSending(outgoing, mailbox), noToken)] : []),
    ],
    wouldRead: () => state.wouldRead,
    close: () => closing.abort(new MaloteError('connection_lost', 'The test is over.')),
  };
}

const noToken = {
  message: 'Entra ID did not give a token in time.',
  cure: 'Try again; if it stays so, check that the network lets this app out to Entra ID.',
};
const noAnswer = {
  message: 'Microsoft Graph did not answer in time.',
  cure: 'Try again; if it stays so, check that the network lets this app out to Microsoft Graph.',
};

async function askForToken({ client, subject }: State): Promise<Finding> {
  await client.logIn();
  const isPerson = subject.mailbox.auth.flow === 'authorizationCode';
  const whom = isPerson ? 'the person who connected the mailbox' : 'the app';
  return { message: `Entra ID gives a token for ${whom}.` };
}

async function openMailbox({ client, subject: { mailbox } }: State): Promise<Finding> {
  const inbox = await getFolder(client, mailbox, INBOX_ID);
  return {
    message: `Microsoft Graph opens the mailbox ${mailbox.address}.`,
    ...(inbox ? { detail: { inbox: inbox.displayName } } : {}),
  };
}

async function tryFolder(state: State): Promise<Finding> {
  const { client, subject } = state;
  state.source = await findSource(client, subject.mailbox);
  const { totalItemCount } = state.source;
  return {
    message: `The folder "${subject.mailbox.folder}" has ${mailsOf(totalItemCount)}.`,
    detail: { mails: totalItemCount },
  };
}

/** Counts the mails that the next fetches would take in. */
async function countMails(state: State): Promise<Finding> {
  const { mailbox, readFrom, finishedIn, clock } = state.subject;
  const isFinished = finishedIn(graphGeneration(mailbox));
  const dates: Date[] = [];
  let looked = 0;
  // Of a list longer than a page Graph at times says that it has -1.
  let listed = -1;
  let exact = true;
  const pages = listMessages(state.client, sourceOf(state).id, { from: readFrom }, { $count: true });
  for await (const { items, count = -1 } of pages) {
    const fresh = items.filter(({ id, isDraft }) => !isDraft && !isFinished(graphId(id)));
    dates.push(...fresh.map(message => receivedAt(message, clock())));
    looked += items.length;
    listed = Math.max(listed, count);
    exact = looked < MOST_LOOKED_AT || looked === listed;
    if (!exact) break;
  }
  const oldest = dates[0]?.toISOString() ?? null;
  const count = exact ? dates.length : dates.length + Math.max(listed - looked, 0);
  state.wouldRead = { count, oldest, exact };
  const howMany = `${exact ? '' : listed > looked ? 'About ' : 'At least '}${mailsOf(count)}`;
  return { message: `${howMany} would be read${oldest ? `, the oldest of ${oldest}` : ''}.` };
}

/** Looks for the folder that mail is moved to, and creates it when that is wanted. */
async function tryDestination(state: State): Promise<Finding> {
  const { client, subject } = state;
  const { mailbox, createFolder: isWanted } = subject;
  const { afterRead } = mailbox;
  if (afterRead.action === 'delete') {
    const { displayName } = await destinationOf(state);
    return { outcome: 'skipped', message: `Mail is deleted when it is read: it goes to "${displayName}".` };
  }
  const { folder } = afterRead;
  try {
    const { totalItemCount } = await destinationOf(state);
    return { message: `The folder "${folder}" is there, with ${mailsOf(totalItemCount)}.` };
  } catch (error) {
    if (!(error instanceof MaloteError && error.code === 'destination_missing')) throw error;
    if (!isWanted) throw offering(error);
  }
  await createFolder(client, mailbox, folder);
  await destinationOf(state);
  return { message: `The folder "${folder}" was created.`, detail: { created: true } };
}

async function destinationOf(state: State): Promise<Folder> {
  state.destination = await findDestination(state.client, state.subject.mailbox, sourceOf(state).id);
  return state.destination;
}

function offering({ code, message, cure = '', cause }: MaloteError): MaloteError {
  return new MaloteError(code, message, {
    cause,
    cure: `${cure} Or repeat the test with "createFolder": true to create it.`,
  });
}

/** An immutable id of the right form, of no mail. */
const NO_MAIL = `AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A${'A'.repeat(32)}`;

/**
 * Whether mail may be moved, without touching one: Graph looks at the permission before it looks for the mail.
 * @throws MaloteError `disposal_refused`
 */
async function checkPermission({ client, subject: { mailbox }, destination }: State): Promise<Finding> {
  try {
    await client.post(`messages/${NO_MAIL}/move`, { destinationId: destination?.id ?? 'deleteditems' });
  } catch (error) {
    if (!(error instanceof GraphRefusal)) throw error;
    if (error.status === 403) throw graphError('disposal_refused', mailbox.auth, error);
    if (error.status !== 404 && error.status !== 400) throw error;
  }
  const proven = 'moving a mail that does not exist failed for no other reason';
  return mailbox.auth.flow === 'authorizationCode'
    ? {
        message: `The app may move mail for the person: ${proven}. Whether the person may in this folder, the first fetch shows.`,
      }
    : { message: `The app may move mail in this mailbox: ${proven}.` };
}

function sourceOf({ source }: State): Folder {
  if (!source) throw new MaloteError('folder_missing', 'The folder was not found.');
  return source;
}

function mailsOf(count: number): string {
  return count === 1 ? '1 mail' : `${count} mails`;
}
