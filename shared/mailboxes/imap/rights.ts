// What a login may do in a folder, asked of servers with access control lists (RFC 4314).
import type { ImapFlow } from 'imapflow';
import type { MailboxSettings } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';

/** imapflow (2.10.2) has no command for MYRIGHTS; `exec` is what all of its commands are made of. */
type Executing = {
  exec: (
    command: string,
    attributes: { type: 'STRING'; value: string }[],
    options: { untagged: Record<string, (untagged: Untagged) => Promise<void>> },
  ) => Promise<{ next: () => void }>;
};
type Untagged = { attributes?: ({ value?: unknown } | null)[] };

/** Old servers (RFC 2086) have one right `d` for marking and expunging. */
const REMOVAL = [
  { rights: 'td', means: 'mark mail as deleted' },
  { rights: 'ed', means: 'expunge mail' },
];
const INSERTION = [{ rights: 'i', means: 'put mail' }];

/**
 * Makes sure that the login may do with mail what the mailbox asks for.
 * @throws MaloteError `disposal_refused` naming folder and right
 */
export async function requireRights(client: ImapFlow, { folder, afterRead }: MailboxSettings): Promise<void> {
  // The names as they are on the wire: MYRIGHTS is sent by us, past imapflow's encoding of names.
  const folders = new Map((await client.list()).map(({ path, pathAsListed }) => [path, pathAsListed]));
  const demand = async (name: string, needed: typeof REMOVAL) => {
    const listed = folders.get(name) ?? folders.get(`${client.namespace?.prefix ?? ''}${name}`);
    const rights = listed === undefined ? undefined : await myRights(client, listed);
    // A folder that the server does not list, or will not speak of, proves nothing.
    if (rights === undefined) return;
    const lacking = needed.find(one => ![...one.rights].some(right => rights.includes(right)));
    if (!lacking) return;
    throw new MaloteError('disposal_refused', `The login may not ${lacking.means} in the folder "${name}".`, {
      cure: `Give the login the right "${lacking.rights[0]}" on that folder, or use another login.`,
    });
  };
  await demand(folder, REMOVAL);
  if (afterRead.action === 'move') await demand(afterRead.folder, INSERTION);
}

async function myRights(client: ImapFlow, folder: string): Promise<string | undefined> {
  let rights: string | undefined;
  const { exec } = client as unknown as Executing;
  try {
    const response = await exec.call(client, 'MYRIGHTS', [{ type: 'STRING', value: folder }], {
      untagged: {
        // * MYRIGHTS INBOX rwiptsldaex
        MYRIGHTS: async ({ attributes = [] }) => {
          const value = attributes[1]?.value;
          if (typeof value === 'string') rights = value;
        },
      },
    });
    response.next();
  } catch (error) {
    if ((error as { responseStatus?: string }).responseStatus === undefined) throw error;
  }
  return rights;
}
