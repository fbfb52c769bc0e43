// Messages: the ones in a folder, one by id, its MIME, and where it goes afterwards.
// https://learn.microsoft.com/graph/api/resources/message
import { badRequest, GraphError, targetFolderNotFound } from './graph-error.ts';
import { matcherOf, sortByReceived } from './message-filter.ts';
import { readShow, showOptions } from './message-view.ts';
import { contextOf, type GraphRequest, type Operation, readBody } from './operation.ts';
import { pageOf, pagingOptions } from './paging.ts';
import { readQuery } from './query-options.ts';

export const messageOperations: readonly Operation[] = [
  { method: 'GET', path: 'mailFolders/{id}/messages', name: 'GET messages', perform: list },
  { method: 'GET', path: 'messages/{id}', name: 'GET message', perform: read },
  { method: 'GET', path: 'messages/{id}/$value', name: 'GET $value', perform: readMime },
  { method: 'POST', path: 'messages/{id}/move', name: 'POST move', perform: move },
  { method: 'DELETE', path: 'messages/{id}', name: 'DELETE message', perform: remove },
];

function list(request: GraphRequest) {
  const { mailbox, url, pageLimit } = request;
  const known = [...showOptions, '$filter', '$orderby', ...pagingOptions];
  const query = readQuery(url.searchParams, known);
  const show = readShow(query, request.idOf);
  const folder = mailbox.getFolder(request.id);
  const matching = mailbox.messagesIn(folder).filter(matcherOf(query.get('$filter')));
  const items = sortByReceived(matching, query.get('$orderby'));
  const page = pageOf({ items, url, query, pageLimit }, show);
  return {
    status: 200,
    json: { '@odata.context': contextOf(request, `mailFolders('${request.id}')/messages`), ...page },
  };
}

function read(request: GraphRequest) {
  const show = readShow(readQuery(request.url.searchParams, showOptions), request.idOf);
  const shown = show(request.mailbox.getMessage(request.id));
  return { status: 200, json: { '@odata.context': contextOf(request, 'messages/$entity'), ...shown } };
}

function readMime({ mailbox, id, url }: GraphRequest) {
  readQuery(url.searchParams, []);
  const { content, sizeBytes } = mailbox.getMessage(id);
  return { status: 200, mime: { content, sizeBytes } };
}

function move(request: GraphRequest) {
  const { mailbox, id, url } = request;
  const show = readShow(readQuery(url.searchParams, []), request.idOf);
  const { destinationId, ...others } = readBody(request);
  if (typeof destinationId !== 'string' || Object.keys(others).length > 0) {
    throw badRequest('A move needs a destinationId, and nothing else.');
  }
  const message = mailbox.getMessage(id);
  mailbox.move(message, findDestination(request, destinationId));
  const context = contextOf(request, 'messages/$entity');
  return { status: 201, json: { '@odata.context': context, ...show(message) } };
}

function findDestination({ mailbox }: GraphRequest, destinationId: string) {
  try {
    return mailbox.getFolder(destinationId);
  } catch (error) {
    throw error instanceof GraphError && error.status === 404 ? targetFolderNotFound() : error;
  }
}

function remove({ mailbox, id, url }: GraphRequest) {
  readQuery(url.searchParams, []);
  mailbox.delete(mailbox.getMessage(id));
  return { status: 204 };
}
