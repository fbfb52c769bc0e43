// What is told of a message: the properties that `$select` leaves, and the size when `$expand` asks for it.
// Of those that Graph makes of the headers and the body only subject and author are here: what needs more reads the MIME.
import libmime from 'libmime';
import { unsupported } from './graph-error.ts';
import type { Message } from './mailbox.ts';
import { beginningOf } from './mime-content.ts';
import { type Query, readSelect } from './query-options.ts';

export const showOptions = ['$select', '$expand'];

const properties = [
  'id',
  'createdDateTime',
  'lastModifiedDateTime',
  'changeKey',
  'receivedDateTime',
  'parentFolderId',
  'isRead',
  'isDraft',
  'subject',
  'from',
] as const;

type ShownMessage = Record<'@odata.etag' | (typeof properties)[number], string | boolean | object>;

/** How to show messages as the options want it. `idOf` picks one of a message's two ids. */
export function readShow(query: Query, idOf: (message: Message) => string): (message: Message) => object {
  const select = readSelect<ShownMessage>(query, properties);
  const expand = readExpand(query);
  return message => ({ ...select(showAll(message, idOf(message))), ...expand(message) });
}

function showAll(message: Message, id: string): ShownMessage {
  return {
    '@odata.etag': `W/"${message.changeKey}"`,
    id,
    createdDateTime: toSeconds(message.receivedAt),
    lastModifiedDateTime: toSeconds(message.modifiedAt),
    changeKey: message.changeKey,
    receivedDateTime: toSeconds(message.receivedAt),
    parentFolderId: message.folderId,
    isRead: false,
    isDraft: false,
    ...headersOf(message),
  };
}

function headersOf({ content }: Message): { subject: string; from: object } {
  const [header = ''] = beginningOf(content)
    .toString()
    .split(/\r?\n\r?\n/, 1);
  const fields = header.split(/\r?\n(?![ \t])/);
  const textOf = (name: string) =>
    libmime
      .decodeWords(
        fields.find(field => field.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1) ?? '',
      )
      .trim();
  const [, name = '', address = textOf('from')] = /^(.*)<(.*)>/.exec(textOf('from')) ?? [];
  return { subject: textOf('subject'), from: { emailAddress: { name: name.trim() || address, address } } };
}

/**
 * PidTagMessageSize is the only extended property here. It counts what Exchange keeps of a message, which is never
 * just as long as its MIME. Graph writes the id in its own way, whatever way it was asked.
 */
function readExpand(query: Query): (message: Message) => object {
  const option = query.get('$expand');
  if (option === undefined) return () => ({});
  if (!messageSize.test(option)) throw unsupported(`$expand=${option}`);
  return ({ sizeBytes }) => {
    const value = String(sizeBytes + keptBesideMimeBytes);
    return { singleValueExtendedProperties: [{ id: 'Integer 0xe08', value }] };
  };
}

const messageSize = /^singleValueExtendedProperties\(\$filter=id eq 'Integer 0x0*e08'\)$/i;
const keptBesideMimeBytes = 4_000;

/** `2026-03-01T12:00:00Z` */
function toSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
