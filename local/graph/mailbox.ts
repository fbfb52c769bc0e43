// One mailbox in memory: its tree of folders, the messages in them, and which id finds which.
import { randomBytes } from 'node:crypto';
import { GraphError, itemNotFound, malformedId } from './graph-error.ts';
import { IdMaker, isFolderId, isMessageId } from './ids.ts';
import type { MimeContent } from './mime-content.ts';
import { recoverableName, rootName, wellKnownFolders } from './well-known-folders.ts';

export type Folder = { id: string; displayName: string; parentFolderId: string; isHidden: boolean };

export type Message = {
  /** Changes with every move. */
  ordinaryId: string;
  /** Stays as long as the message is in this mailbox. */
  immutableId: string;
  changeKey: string;
  folderId: string;
  /** To the second, as Graph tells it. */
  receivedAt: Date;
  modifiedAt: Date;
  content: MimeContent;
  sizeBytes: number;
};

export class Mailbox {
  readonly address: string;
  /** Without a licence, moved away, or on premises: Graph cannot read it. */
  disabled = false;

  readonly #ids = new IdMaker();
  readonly #folders = new Map<string, Folder>();
  readonly #wellKnown = new Map<string, Folder>();
  /** In the order they came to where they are. */
  readonly #byImmutableId = new Map<string, Message>();
  readonly #byOrdinaryId = new Map<string, Message>();

  constructor(address: string, inboxName = 'Inbox') {
    this.address = address;
    const root = this.#addFolder('Top of Information Store', '', false);
    this.#wellKnown.set(rootName, root);
    this.#wellKnown.set(recoverableName, this.#addFolder('Deletions', '', true));
    for (const { name, displayName, isHidden = false } of wellKnownFolders) {
      const shown = name === 'inbox' ? inboxName : displayName;
      this.#wellKnown.set(name, this.#addFolder(shown, root.id, isHidden));
    }
  }

  get root(): Folder {
    return this.wellKnownFolder(rootName);
  }

  wellKnownFolder(name: string): Folder {
    const folder = this.#wellKnown.get(name.toLowerCase());
    if (!folder) throw malformedId();
    return folder;
  }

  /** By id or well-known name. A name that is neither is a malformed id. */
  getFolder(idOrName: string): Folder {
    if (!isFolderId(idOrName)) return this.wellKnownFolder(idOrName);
    const folder = this.#folders.get(idOrName);
    if (!folder) throw itemNotFound();
    return folder;
  }

  /** Hidden ones too, by name as Outlook shows them. */
  childFolders(parent: Folder): Folder[] {
    return [...this.#folders.values()]
      .filter(folder => folder.parentFolderId === parent.id)
      .sort((a, b) => a.displayName.localeCompare(b.displayName));
  }

  /** Exchange compares names without regard to case. */
  findChild(parent: Folder, displayName: string): Folder | undefined {
    return this.childFolders(parent).find(folder => isSameName(folder.displayName, displayName));
  }

  createFolder(parent: Folder, displayName: string, isHidden = false): Folder {
    if (this.findChild(parent, displayName)) {
      const message = `A folder with the specified name already exists., Could not create folder '${displayName}'.`;
      throw new GraphError(409, 'ErrorFolderExists', message);
    }
    return this.#addFolder(displayName, parent.id, isHidden);
  }

  /** With the folders in it and all their messages. Exchange keeps those that every mailbox has. */
  removeFolder(folder: Folder): void {
    if ([...this.#wellKnown.values()].includes(folder)) {
      const message = 'Distinguished folders cannot be deleted.';
      throw new GraphError(400, 'ErrorDeleteDistinguishedFolder', message);
    }
    for (const child of this.childFolders(folder)) this.removeFolder(child);
    for (const message of this.messagesIn(folder)) this.remove(message);
    this.#folders.delete(folder.id);
  }

  /** In the order they came into the folder. */
  messagesIn(folder: Folder): Message[] {
    return [...this.#byImmutableId.values()].filter(message => message.folderId === folder.id);
  }

  getMessage(id: string): Message {
    if (!isMessageId(id)) throw malformedId();
    const message = this.#byOrdinaryId.get(id) ?? this.#byImmutableId.get(id);
    if (!message) throw itemNotFound();
    return message;
  }

  deliver(folder: Folder, content: MimeContent, sizeBytes: number, receivedAt: Date): Message {
    const message: Message = {
      ordinaryId: this.#ids.messageId(),
      immutableId: this.#ids.immutableId(),
      changeKey: newChangeKey(),
      folderId: folder.id,
      receivedAt: new Date(Math.floor(receivedAt.getTime() / 1000) * 1000),
      modifiedAt: new Date(),
      content,
      sizeBytes,
    };
    this.#add(message);
    return message;
  }

  /** A copy under a new ordinary id takes the original's place, in the same folder too. */
  move(message: Message, destination: Folder): void {
    this.remove(message);
    message.folderId = destination.id;
    message.ordinaryId = this.#ids.messageId();
    message.changeKey = newChangeKey();
    message.modifiedAt = new Date();
    this.#add(message);
  }

  /** To Deleted Items, and from there to where only an administrator gets it back. */
  delete(message: Message): void {
    const bin = this.wellKnownFolder('deleteditems');
    this.move(message, message.folderId === bin.id ? this.wellKnownFolder(recoverableName) : bin);
  }

  /** For good. */
  remove(message: Message): void {
    this.#byOrdinaryId.delete(message.ordinaryId);
    this.#byImmutableId.delete(message.immutableId);
  }

  #add(message: Message): void {
    this.#byOrdinaryId.set(message.ordinaryId, message);
    this.#byImmutableId.set(message.immutableId, message);
  }

  #addFolder(displayName: string, parentFolderId: string, isHidden: boolean): Folder {
    const folder = { id: this.#ids.folderId(), displayName, parentFolderId, isHidden };
    this.#folders.set(folder.id, folder);
    return folder;
  }
}

function isSameName(a: string, b: string): boolean {
  return a.localeCompare(b, undefined, { sensitivity: 'accent' }) === 0;
}

function newChangeKey(): string {
  return `CQAAABYAAA${randomBytes(16).toString('base64')}`;
}
