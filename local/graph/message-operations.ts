// Messages: the ones in a folder, one by id, its MIME, and where it goes afterwards.
// https://learn.microsoft.com/graph/api/resources/message
import { badRequest, folderNotFound, GraphError, unsupported } from './graph-error.ts';
import type { Message } from './mailbox.ts';
import { matcherOf, sortByReceived } from './message-filter.ts';
import { contextOf, type GraphRequest, type Operation, readBody } from './operation.ts';
import { pageOf, pagingOptions } from './paging.ts';
import { type Query, readQuery, select } from './query-options.ts';

export const messageOperations: readonly Operation[] = [
  { method: 'GET', path: 'mailFolders/{id}/messages', name: 'GET messages', perform: list },
  { method: 'GET', path: 'messages/{id}', name: 'GET message', perform: read },
  { method: 'GET', path: 'messages/{id}/$value', name: 'GET $value', perform: readMime },
  { method: 'POST', path: 'messages/{id}/move', name: 'POST move', perform: move },
  { method: 'DELETE', path: 'messages/{id}', name: 'DELETE message', perform: remove },
];

function list(request: GraphRequest) {
  const { mailbox, url, pageLimit } = request;
  const known = ['$select', '$expand', '$filter', '$orderby', ...pagingOptions];
  const query = readQuery(url.searchParams, known);
  const folder = mailbox.getFolder(request.id);
  const matching = mailbox.messagesIn(folder).filter(matcherOf(query.get('$filter')));
  const items = sortByReceived(matching, query.get('$orderby'));
  const page = pageOf({ items, url, query, pageLimit }, message => show(request, query, message));
  return {
    status: 200,
    json: { '@odata.context': contextOf(request, `mailFolders('${request.id}')/messages`), ...page },
  };
}

function read(request: GraphRequest) {
  const query = readQuery(request.url.searchParams, ['$select', '$expand']);
  const message = request.mailbox.getMessage(request.id);
  return { status: 200, json: showAlone(request, query, message) };
}

function readMime({ mailbox, id, url }: GraphRequest) {
  readQuery(url.searchParams, []);
  const { content, sizeBytes } = mailbox.getMessage(id);
  return { status: 200, content, sizeBytes };
}

function move(request: GraphRequest) {
  const { mailbox, id, url } = request;
  const query = readQuery(url.searchParams, []);
  const { destinationId, ...others } = readBody(request);
  if (typeof destinationId !== 'string' || Object.keys(others).length > 0) {
    throw badRequest('A move needs a destinationId, and nothing else.');
  }
  const message = mailbox.getMessage(id);
  mailbox.move(message, findDestination(request, destinationId));
  return { status: 201, json: showAlone(request, query, message) };
}

function findDestination({ mailbox }: GraphRequest, destinationId: string) {
  try {
    return mailbox.getFolder(destinationId);
  } catch (error) {
    throw error instanceof GraphError && error.status === 404 ? folderNotFound() : error;
  }
}

function remove({ mailbox, id, url }: GraphRequest) {
  readQuery(url.searchParams, []);
  mailbox.delete(mailbox.getMessage(id));
  return { status: 204 };
}

function showAlone(request: GraphRequest, query: Query, message: Message) {
  return { '@odata.context': contextOf(request, 'messages/$entity'), ...show(request, query, message) };
}

function show({ idOf }: GraphRequest, query: Query, message: Message) {
  const selected = select(query, {
    '@odata.etag': `W/"${message.changeKey}"`,
    id: idOf(message),
    createdDateTime: toSeconds(message.receivedAt),
    lastModifiedDateTime: toSeconds(message.modifiedAt),
    changeKey: message.changeKey,
    receivedDateTime: toSeconds(message.receivedAt),
    parentFolderId: message.folderId,
    isRead: false,
    isDraft: false,
  });
  return { ...selected, ...expand(query.get('$expand'), message) };
}

/**
 * PidTagMessageSize is the only extended property here. It counts what Exchange keeps of a message, which is never
 * just as long as its MIME. Graph writes the id in its own way, whatever way it was asked.
 */
function expand(option: string | undefined, { sizeBytes }: Message) {
  if (option === undefined) return {};
  if (!messageSize.test(option)) throw unsupported(`$expand=${option}`);
  return { singleValueExtendedProperties: [{ id: 'Integer 0xe08', value: String(sizeBytes + 4_000) }] };
}

const messageSize = /^singleValueExtendedProperties\(\$filter=id eq 'Integer 0x0*e08'\)$/i;

/** `2026-03-01T12:00:00Z` */
function toSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
