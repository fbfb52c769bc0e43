// Folders: the ones below another, one by id or well-known name, and a new one.
// https://learn.microsoft.com/graph/api/resources/mailfolder
import { GraphError, unsupported } from './graph-error.ts';
import type { Folder, Mailbox } from './mailbox.ts';
import { contextOf, type GraphRequest, type Operation, readBody } from './operation.ts';
import { pageOf, pagingOptions } from './paging.ts';
import { type Query, readFlag, readQuery, readSelect } from './query-options.ts';
import { rootName } from './well-known-folders.ts';

export const folderOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: 'mailFolders',
    name: 'GET mailFolders',
    perform: request => listChildren(request, request.mailbox.root),
  },
  {
    method: 'POST',
    path: 'mailFolders',
    name: 'POST mailFolders',
    perform: request => create(request, request.mailbox.root),
  },
  { method: 'GET', path: 'mailFolders/{id}', name: 'GET mailFolder', perform: read },
  {
    method: 'GET',
    path: 'mailFolders/{id}/childFolders',
    name: 'GET mailFolders',
    perform: request => listChildren(request, request.mailbox.getFolder(request.id)),
  },
  {
    method: 'POST',
    path: 'mailFolders/{id}/childFolders',
    name: 'POST mailFolders',
    perform: request => create(request, request.mailbox.getFolder(request.id)),
  },
];

function read(request: GraphRequest) {
  const query = readQuery(request.url.searchParams, ['$select']);
  const select = readSelect<ShownFolder>(query, properties);
  const shown = select(show(request.mailbox, request.mailbox.getFolder(request.id)));
  return { status: 200, json: { '@odata.context': contextOf(request, 'mailFolders/$entity'), ...shown } };
}

function listChildren(request: GraphRequest, parent: Folder) {
  const { mailbox, url, pageLimit } = request;
  const known = ['$select', '$filter', 'includeHiddenFolders', ...pagingOptions];
  const query = readQuery(url.searchParams, known);
  const select = readSelect<ShownFolder>(query, properties);
  const withHidden = readFlag(query, 'includeHiddenFolders');
  const items = findNamed(mailbox, parent, query).filter(({ isHidden }) => withHidden || !isHidden);
  const collection = parent === mailbox.wellKnownFolder(rootName) ? '' : `('${parent.id}')/childFolders`;
  const page = pageOf({ items, url, query, pageLimit }, folder => select(show(mailbox, folder)));
  return { status: 200, json: { '@odata.context': contextOf(request, `mailFolders${collection}`), ...page } };
}

/** `displayName eq '...'`; a quote in the name is doubled. */
function findNamed(mailbox: Mailbox, parent: Folder, query: Query): Folder[] {
  const filter = query.get('$filter');
  if (filter === undefined) return mailbox.childFolders(parent);
  const quoted = /^ *displayName +eq +'((?:[^']|'')*)' *$/.exec(filter)?.[1];
  if (quoted === undefined) throw unsupported(`$filter=${filter}`);
  const found = mailbox.findChild(parent, quoted.replaceAll("''", "'"));
  return found ? [found] : [];
}

function create(request: GraphRequest, parent: Folder) {
  readQuery(request.url.searchParams, []);
  const { displayName, isHidden = false, ...others } = readBody(request);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw unsupported(`The property '${unknown}' of a new folder`);
  if (typeof displayName !== 'string' || displayName === '' || typeof isHidden !== 'boolean') {
    throw new GraphError(400, 'ErrorInvalidRequest', 'A new folder needs a displayName.');
  }
  const folder = request.mailbox.createFolder(parent, displayName, isHidden);
  const shown = show(request.mailbox, folder);
  return { status: 201, json: { '@odata.context': contextOf(request, 'mailFolders/$entity'), ...shown } };
}

const properties = [
  'id',
  'displayName',
  'parentFolderId',
  'childFolderCount',
  'unreadItemCount',
  'totalItemCount',
  'sizeInBytes',
  'isHidden',
] as const;

type ShownFolder = Record<(typeof properties)[number], string | number | boolean>;

function show(mailbox: Mailbox, folder: Folder): ShownFolder {
  const messages = mailbox.messagesIn(folder);
  return {
    id: folder.id,
    displayName: folder.displayName,
    parentFolderId: folder.parentFolderId,
    childFolderCount: mailbox.childFolders(folder).length,
    unreadItemCount: messages.length,
    totalItemCount: messages.length,
    sizeInBytes: messages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    isHidden: folder.isHidden,
  };
}
