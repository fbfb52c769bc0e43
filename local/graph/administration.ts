// What tests and the demo do to mailboxes past Graph: as a person in Outlook, the mail that arrives, or an administrator.
import { type Folder, Mailbox } from './mailbox.ts';
import { type MimeContent, sizeOf } from './mime-content.ts';
import { wellKnownFolders } from './well-known-folders.ts';

export type ListedMail = {
  immutableId: string;
  receivedAt: Date;
  sizeBytes: number;
  /** Undefined for a mail that was delivered as a file. */
  raw: Buffer | undefined;
};

export type Administration = {
  /** `inboxName` is what the inbox is called in the mailbox's language; `inbox` finds it all the same. */
  addMailbox: (address: string, options?: { inboxName?: string }) => void;
  /**
   * Puts a mail into a folder and gives its immutable id. A file is read whenever its MIME is asked for.
   * A folder's path begins with a well-known name or a name below the root: `inbox/Suporte`, `Processed`.
   */
  deliver: (
    address: string,
    folderPath: string,
    content: Buffer | string | { path: string },
    options?: { receivedAt?: Date },
  ) => Promise<string>;
  /** With those above it that are missing. */
  createFolder: (address: string, folderPath: string, options?: { isHidden?: boolean }) => void;
  /** With all that is in it. */
  removeFolder: (address: string, folderPath: string) => void;
  /** What is in a folder, in the order it came there. */
  list: (address: string, folderPath: string) => ListedMail[];
  moveByHand: (address: string, immutableId: string, folderPath: string) => void;
  /** For good, as when somebody empties the bin. */
  remove: (address: string, immutableId: string) => void;
  /** Takes the licence away: from then on Graph answers `MailboxNotEnabledForRESTAPI`. */
  disable: (address: string) => void;
};

export function administer(mailboxes: Map<string, Mailbox>): Administration {
  const open = (address: string) => {
    const mailbox = mailboxes.get(address.toLowerCase());
    if (!mailbox) throw new Error(`There is no mailbox ${address}: add it first.`);
    return mailbox;
  };
  return {
    addMailbox(address, { inboxName } = {}) {
      mailboxes.set(address.toLowerCase(), new Mailbox(address.toLowerCase(), inboxName));
    },
    async deliver(address, folderPath, content, { receivedAt = new Date() } = {}) {
      const mailbox = open(address);
      const mime = mimeOf(content);
      const sizeBytes = await sizeOf(mime);
      return mailbox.deliver(findFolder(mailbox, folderPath), mime, sizeBytes, receivedAt).immutableId;
    },
    createFolder(address, folderPath, { isHidden = false } = {}) {
      const mailbox = open(address);
      const names = folderPath.split('/');
      names.reduce((parent, name, index) => {
        const isLast = index === names.length - 1;
        return step(mailbox, parent, name) ?? mailbox.createFolder(parent, name, isLast && isHidden);
      }, mailbox.root);
    },
    removeFolder(address, folderPath) {
      const mailbox = open(address);
      mailbox.removeFolder(findFolder(mailbox, folderPath));
    },
    list(address, folderPath) {
      const mailbox = open(address);
      return mailbox
        .messagesIn(findFolder(mailbox, folderPath))
        .map(({ immutableId, receivedAt, sizeBytes, content }) => {
          return { immutableId, receivedAt, sizeBytes, raw: 'raw' in content ? content.raw : undefined };
        });
    },
    moveByHand(address, immutableId, folderPath) {
      const mailbox = open(address);
      mailbox.move(mailbox.getMessage(immutableId), findFolder(mailbox, folderPath));
    },
    remove(address, immutableId) {
      const mailbox = open(address);
      mailbox.remove(mailbox.getMessage(immutableId));
    },
    disable(address) {
      open(address).disabled = true;
    },
  };
}

function mimeOf(content: Buffer | string | { path: string }): MimeContent {
  if (typeof content === 'string') return { raw: Buffer.from(content) };
  return Buffer.isBuffer(content) ? { raw: content } : content;
}

function findFolder(mailbox: Mailbox, folderPath: string): Folder {
  const found = folderPath
    .split('/')
    .reduce<Folder | undefined>((parent, name) => parent && step(mailbox, parent, name), mailbox.root);
  if (!found) throw new Error(`There is no folder ${folderPath} in ${mailbox.address}: create it first.`);
  return found;
}

/** One step down a path; below the root a well-known name is one too. */
function step(mailbox: Mailbox, parent: Folder, name: string): Folder | undefined {
  const isWellKnown = wellKnownFolders.some(known => known.name === name.toLowerCase());
  if (parent === mailbox.root && isWellKnown) return mailbox.getFolder(name);
  return mailbox.findChild(parent, name);
}
