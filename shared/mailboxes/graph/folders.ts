// Folders of a mailbox of Microsoft 365 by their path: "/" between the names that people see, and INBOX whatever its name is.
// https://learn.microsoft.com/graph/api/resources/mailfolder
import type { GraphMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import type { GraphClient, Query } from './client.ts';
import { type GraphRefusal, graphError, isNotFound } from './errors.ts';

export type Folder = { id: string; displayName: string; totalItemCount: number };

const SHOWN = { $select: 'id,displayName,totalItemCount' };
/** Named in a cure. */
const MOST_NAMED = 20;

/** The inbox by the name that it has in every language. */
export const INBOX_ID = 'inbox';

/** Whether the path of a folder means the inbox. */
export function isInbox(path: string): boolean {
  return path.toUpperCase() === 'INBOX';
}

/**
 * A folder by its id or well-known name; undefined when it is not there.
 * @throws MaloteError `permission_missing`, `mailbox_missing` when it is the inbox that is not there
 */
export async function getFolder(
  client: GraphClient,
  mailbox: GraphMailbox,
  id: string,
): Promise<Folder | undefined> {
  try {
    return await client.get<Folder>(`mailFolders/${encodeURIComponent(id)}`, SHOWN);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (id === INBOX_ID) throw hiddenMailbox(mailbox, error);
    return undefined;
  }
}

/**
 * The folder that is read.
 * @throws MaloteError `folder_missing`, naming those that are there; `permission_missing`, `mailbox_missing`
 */
export async function findSource(client: GraphClient, mailbox: GraphMailbox): Promise<Folder> {
  const reached = await walk(client, mailbox, mailbox.folder);
  if (reached.folder && reached.rest.length === 0) return reached.folder;
  const there = await namesAt(client, reached.folder);
  throw missingSource(mailbox, `Create the folder, or correct mailbox.folder. ${there}`);
}

/** Said of the folder that is read when it is not there. */
export function missingSource(
  { folder }: GraphMailbox,
  cure = 'Create the folder, or correct mailbox.folder.',
): MaloteError {
  return new MaloteError('folder_missing', `The mailbox has no folder "${folder}".`, { cure });
}

/**
 * The folder that mail is moved to: Deleted Items where it is deleted.
 * @param sourceId of the folder that is read, `inbox` for the inbox
 * @throws MaloteError `destination_missing`, naming the folders that are there; `disposal_refused` when it is the folder
 * that is read
 */
export async function findDestination(
  client: GraphClient,
  mailbox: GraphMailbox,
  sourceId: string,
): Promise<Folder> {
  const { afterRead } = mailbox;
  const destination =
    afterRead.action === 'delete'
      ? await getFolder(client, mailbox, 'deleteditems')
      : await findNamedDestination(client, mailbox, afterRead.folder);
  if (!destination) throw new MaloteError('destination_missing', 'The mailbox has no Deleted Items.');
  const source = sourceId === INBOX_ID ? await getFolder(client, mailbox, INBOX_ID) : { id: sourceId };
  if (source?.id !== destination.id) return destination;
  throw new MaloteError(
    'disposal_refused',
    `Mail would go to "${destination.displayName}", which is the folder that is read.`,
    {
      cure: 'Name another folder in mailbox.afterRead.folder, or in mailbox.folder. Mail goes on being taken in.',
    },
  );
}

async function findNamedDestination(
  client: GraphClient,
  mailbox: GraphMailbox,
  path: string,
): Promise<Folder> {
  const reached = await walk(client, mailbox, path);
  if (reached.folder && reached.rest.length === 0) return reached.folder;
  const there = await namesAt(client, reached.folder);
  throw new MaloteError('destination_missing', `The mailbox has no folder "${path}" to move mail to.`, {
    cure: `Create the folder, or correct mailbox.afterRead.folder. ${there} Mail goes on being taken in and is moved then.`,
  });
}

/** Creates a folder, and those above it that are missing. */
export async function createFolder(client: GraphClient, mailbox: GraphMailbox, path: string): Promise<void> {
  let { folder: parent, rest } = await walk(client, mailbox, path);
  for (const displayName of rest) {
    parent = await client.post<Folder>(childrenOf(parent), { displayName });
  }
}

/** How far a path leads: the last of its folders that is there, none above the first, and what is left of the path. */
type Reached = { folder: Folder | undefined; rest: string[] };

async function walk(client: GraphClient, mailbox: GraphMailbox, path: string): Promise<Reached> {
  const [first = '', ...others] = path.split('/');
  try {
    return isInbox(first)
      ? await descend(client, await getFolder(client, mailbox, INBOX_ID), others)
      : await descend(client, undefined, [first, ...others]);
  } catch (error) {
    // What all folders are in is not there.
    throw isNotFound(error) ? hiddenMailbox(mailbox, error) : error;
  }
}

/** Exchange allows "/" in a name too: where there is no folder "a", "a/b" may be one. */
async function descend(client: GraphClient, from: Folder | undefined, segments: string[]): Promise<Reached> {
  let farthest: Reached = { folder: from, rest: segments };
  for (let taken = 1; taken <= segments.length && farthest.rest.length > 0; taken++) {
    const child = await findChild(client, from, segments.slice(0, taken).join('/'));
    const reached = child && (await descend(client, child, segments.slice(taken)));
    if (reached && reached.rest.length < farthest.rest.length) farthest = reached;
  }
  return farthest;
}

/** Exchange compares names without regard to case. A quote is doubled (OData 4.01 5.1.1.6.1). */
async function findChild(
  client: GraphClient,
  parent: Folder | undefined,
  name: string,
): Promise<Folder | undefined> {
  const $filter = `displayName eq '${name.replaceAll("'", "''")}'`;
  const [found] = await children(client, parent, { ...SHOWN, $filter, includeHiddenFolders: true });
  return found;
}

async function namesAt(client: GraphClient, parent: Folder | undefined): Promise<string> {
  const folders = await children(client, parent, { $select: 'displayName', $top: MOST_NAMED + 1 });
  const names = folders.slice(0, MOST_NAMED).map(({ displayName }) => `"${displayName}"`);
  const more = folders.length > MOST_NAMED ? ' and others' : '';
  const place = parent ? `Below "${parent.displayName}"` : 'At the top';
  return names.length > 0 ? `${place} there are ${names.join(', ')}${more}.` : `${place} there are none.`;
}

async function children(client: GraphClient, parent: Folder | undefined, query: Query): Promise<Folder[]> {
  return (await client.get<{ value: Folder[] }>(childrenOf(parent), query)).value;
}

function childrenOf(parent: Folder | undefined): string {
  return parent ? `mailFolders/${encodeURIComponent(parent.id)}/childFolders` : 'mailFolders';
}

/** A mailbox that nobody shared with the person is not refused: it has no inbox for them. */
export function hiddenMailbox({ auth }: GraphMailbox, cause: GraphRefusal): MaloteError {
  const code = auth.flow === 'authorizationCode' ? 'permission_missing' : 'mailbox_missing';
  return graphError(code, auth, cause);
}
