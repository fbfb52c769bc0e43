// The ids of folders and messages, of the shapes that Exchange Online gives: opaque, long, url-safe base64, case-sensitive.
// https://learn.microsoft.com/graph/outlook-immutable-id
import { randomBytes, randomUUID } from 'node:crypto';

/** What every ordinary id begins with: then comes the mailbox's own GUID as text, so that they read `AAMkA...`. */
const ordinaryStart = Buffer.from([0, 3, 0x24, 0]);
/** What every immutable id begins with: `AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A`. */
const immutableStart = Buffer.from('0009002e00000000001d840311aa6611cd9bc800aa002f845a0d00', 'hex');

const folderEntryBytes = 46;
const messageEntryBytes = 70;
const immutableBytes = 51;
const ordinaryBytes = (entryBytes: number) => ordinaryStart.length + 36 + 2 + entryBytes;

/** Makes the ids of one mailbox. */
export class IdMaker {
  readonly #mailbox = randomUUID();

  folderId(): string {
    return this.#ordinaryId(folderEntryBytes);
  }

  messageId(): string {
    return this.#ordinaryId(messageEntryBytes);
  }

  immutableId(): string {
    const item = randomBytes(immutableBytes - immutableStart.length);
    return encode(Buffer.concat([immutableStart, item]));
  }

  #ordinaryId(entryBytes: number): string {
    const length = Buffer.from([entryBytes, 0]);
    return encode(
      Buffer.concat([ordinaryStart, Buffer.from(this.#mailbox), length, randomBytes(entryBytes)]),
    );
  }
}

/** Whether a folder can have such an id at all; an answer of "not found" is for ids that could exist. */
export function isFolderId(id: string): boolean {
  return hasShape(id, ordinaryStart, ordinaryBytes(folderEntryBytes));
}

export function isMessageId(id: string): boolean {
  return (
    hasShape(id, ordinaryStart, ordinaryBytes(messageEntryBytes)) ||
    hasShape(id, immutableStart, immutableBytes)
  );
}

function hasShape(id: string, start: Buffer, sizeBytes: number): boolean {
  const bytes = Buffer.from(id, 'base64url');
  return bytes.length === sizeBytes && bytes.subarray(0, start.length).equals(start) && encode(bytes) === id;
}

/** Exchange keeps the padding: ordinary ids end in `=`. */
function encode(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
