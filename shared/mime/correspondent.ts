// Whom to answer: the customer, also when a form, a mailing list or a group put its own address into From.

import type { Address, Correspondent, MailHeaders } from '../domain/mail/mail.ts';
import type { Defects } from './defects.ts';
import type { HeaderFields } from './header-fields.ts';
import { readAddresses } from './headers.ts';

/** Where they who rewrite From because of DMARC keep it: Google Groups, Mailman and others, Gmail. */
const originalNames = ['x-original-from', 'original-from', 'x-google-original-from'];
/** The program or person that sent it (RFC 5322 3.6.2; Google Groups): asked when From is only ourselves. */
const senderNames = ['x-original-sender', 'sender'];

const noReply = /^(?:no|do-?not|nao|não)[-_.]?(?:reply|responda|responder|respond)(?:[-_.+][^@]*)?@/i;

/** Who we are: the addresses from which we send, lower case. */
export type Own = ReadonlySet<string>;

/**
 * Reads whom to answer: RFC 5322 3.6.2, Reply-To before From, and between them the From that was rewritten. Of these
 * the first who is neither ourselves nor the mailing list itself nor an address that takes no
 * answers; else the first who is not ourselves, Sender being asked last; else From.
 *
 * @returns null when nobody with an address is named
 */
export function readCorrespondent(
  fields: HeaderFields,
  { from, replyTo }: Pick<MailHeaders, 'from' | 'replyTo'>,
  own: Own,
  defects: Defects,
): Correspondent | null {
  const named = (names: string[]) =>
    readAddresses(
      names.flatMap(name => fields.all(name).slice(0, 1)),
      defects,
    );
  const wished = [
    ...as('replyTo', replyTo),
    ...as('originalFrom', named(originalNames)),
    ...as('from', from),
  ];
  const all = [...wished, ...as('originalFrom', named(senderNames))];
  const lists = listAddresses(fields);
  const isOther = ({ address }: Correspondent) => !own.has(address.toLowerCase());
  const answers = ({ address }: Correspondent) => !lists.has(address.toLowerCase()) && !noReply.test(address);
  return (
    wished.find(candidate => isOther(candidate) && answers(candidate)) ??
    all.find(isOther) ??
    wished.find(candidate => candidate.from === 'from') ??
    wished[0] ??
    null
  );
}

function as(header: Correspondent['from'], addresses: Address[]): Correspondent[] {
  return addresses
    .filter(({ address }) => address !== '')
    .map(({ name, address }) => ({ name, address, from: header }));
}

/**
 * The addresses, lower case, to which people post to a list that the mail came through: List-Post (RFC 2369 3.4),
 * Mailing-List (Google Groups, Yahoo), and what List-Id may stand for, the address with a dot for the at sign (RFC 2919 2).
 */
export function listAddresses(fields: HeaderFields): ReadonlySet<string> {
  const written = [...fields.all('list-post'), ...fields.all('mailing-list')].join(' ').slice(0, 5000);
  const posts = written.matchAll(/(?:mailto:|list )([^\s<>?;,]{1,64}@[^\s<>?;,]{1,255})/gi);
  const id = /<([^<>\s]{1,255})>/.exec((fields.first('list-id') ?? '').slice(0, 1000))?.[1] ?? '';
  const labels = id.split('.', 20);
  const meant = labels.map((_, n) => `${labels.slice(0, n).join('.')}@${labels.slice(n).join('.')}`);
  return new Set([...Array.from(posts, ([, address = '']) => address), ...meant].map(it => it.toLowerCase()));
}
