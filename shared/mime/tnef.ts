// What stands in a winmail.dat: the text and the files of a mail as Outlook packs them (TNEF, MS-OXTNEF).

import libmime from 'libmime';
import { decodeCodepage } from './codepage.ts';
import { limits } from './limits.ts';
import { decodeText, type Properties, property, readProperties } from './mapi.ts';
import { readRtf } from './rtf.ts';
import { unpackRtf } from './rtf-compressed.ts';

/** A file of a TNEF message. */
export type TnefFile = {
  name: string | null;
  /** Media type, as sent or by the name. */
  type: string;
  contentId: string | null;
  content: Buffer;
};

/** What was read of a TNEF message. */
export type TnefMessage = {
  text: string;
  html: string | null;
  files: TnefFile[];
  /** What could not be read, for people; null when nothing was left. */
  unread: string | null;
};

const signature = 0x223e9f78;
/** MS-OXTNEF 2.1.3.3: identifiers with the types of their values. */
const attribute = {
  subject: 0x00018004,
  body: 0x0002800c,
  messageClass: 0x00078008,
  codepage: 0x00069007,
  messageProperties: 0x00069003,
  attachBegin: 0x00069002,
  attachTitle: 0x00018010,
  attachData: 0x0006800f,
  attachProperties: 0x00069005,
};
/** Before the data of an attribute: level, identifier, length; after it a checksum, which real files have wrong. */
const attributeHeader = 9;
const checksumBytes = 2;
/** PidTagAttachMethod: a message inside of the message. */
const embeddedMessage = 5;
/** Before an embedded object: the identifier of its interface. */
const interfaceBytes = 16;
/** Messages inside each other. */
const deepest = 3;

type Attachment = { title: Buffer | null; data: Buffer | null; properties: Properties };

/** Whether bytes begin as a TNEF message does. */
export function isTnef(beginning: Buffer): boolean {
  return beginning.length >= 4 && beginning.readUInt32LE(0) === signature;
}

/**
 * Reads a TNEF message as far as it goes; never fails.
 *
 * @param bytes all of it; the contents of the files are parts of it
 */
export function readTnef(bytes: Buffer): TnefMessage {
  return messageOf(new Tnef(bytes), 0);
}

/** The attributes of a message, taken apart. */
class Tnef {
  readonly attachments: Attachment[] = [];
  readonly properties: Properties = new Map();
  codepage = 1252;
  subject: Buffer | null = null;
  body: Buffer | null = null;
  messageClass = '';
  unread: string | null = null;

  constructor(bytes: Buffer) {
    if (!isTnef(bytes)) {
      this.unread = 'it does not begin as one';
      return;
    }
    let at = 6;
    while (at + attributeHeader <= bytes.length) {
      const id = bytes.readUInt32LE(at + 1);
      const start = at + attributeHeader;
      const end = start + bytes.readUInt32LE(at + 5);
      if (end > bytes.length) break;
      this.#take(id, bytes.subarray(start, end));
      at = end + checksumBytes;
    }
    if (at < bytes.length) this.unread = 'it is cut off or damaged';
  }

  #take(id: number, data: Buffer): void {
    if (id === attribute.codepage && data.length >= 4) this.codepage = data.readUInt32LE(0);
    else if (id === attribute.subject) this.subject ??= data;
    else if (id === attribute.body) this.body ??= data;
    else if (id === attribute.messageClass) this.messageClass ||= decodeText(data, 1252);
    else if (id === attribute.messageProperties) this.#takeProperties(data, this.properties);
    else if (id === attribute.attachBegin) this.#beginAttachment();
    else if (id === attribute.attachTitle) this.#attachment.title ??= data;
    else if (id === attribute.attachData) this.#attachment.data ??= data;
    else if (id === attribute.attachProperties) this.#takeProperties(data, this.#attachment.properties);
  }

  #beginAttachment(): Attachment {
    const attachment = { title: null, data: null, properties: new Map() };
    if (this.attachments.length < limits.attachments) this.attachments.push(attachment);
    else this.unread ??= `it holds more than ${limits.attachments} files`;
    return attachment;
  }

  /** The one under way. Not all programs say that one begins. */
  get #attachment(): Attachment {
    return this.attachments.at(-1) ?? this.#beginAttachment();
  }

  #takeProperties(data: Buffer, found: Properties): void {
    if (!readProperties(data, this.codepage, found)) this.unread ??= 'its properties are damaged';
  }
}

function messageOf(tnef: Tnef, depth: number): TnefMessage {
  const message = textOf(tnef);
  // Appointments, contacts and tasks say most of what they say in properties.
  const messageClass = text(tnef.properties, property.messageClass) ?? tnef.messageClass;
  if (/^IPM\.(?!Note|Microsoft Mail\.Note)/i.test(messageClass))
    message.unread ??= `it is no mail but ${messageClass.replace(/[^\w. -]/g, '').slice(0, 80)}`;
  for (const attachment of tnef.attachments) {
    const data = attachment.properties.get(property.attachData);
    if (attachment.properties.get(property.attachMethod) === embeddedMessage && data instanceof Buffer)
      addEmbedded(message, data.subarray(interfaceBytes), attachment, tnef, depth);
    else addFile(message, attachment, tnef);
  }
  return message;
}

/** HTML is what Outlook wrote, or stands in the RTF; words are those that it gives, or those of the RTF. */
function textOf(tnef: Tnef): TnefMessage {
  let unread = tnef.unread;
  const packed = tnef.properties.get(property.rtfCompressed);
  const unpacked = packed instanceof Buffer ? unpackRtf(packed) : null;
  if (packed instanceof Buffer && !unpacked?.complete) unread ??= 'its RTF is damaged or too long';
  const rtf = unpacked ? readRtf(unpacked.rtf) : { text: '' };
  const html = htmlOf(tnef) ?? ('html' in rtf ? rtf.html : null);
  const plain =
    text(tnef.properties, property.body) ?? (tnef.body ? decodeText(tnef.body, tnef.codepage) : '');
  const words = plain.trim() === '' && 'text' in rtf ? rtf.text : plain;
  return { text: words, html: html?.trim() ? html : null, files: [], unread };
}

function htmlOf(tnef: Tnef): string | null {
  const html = tnef.properties.get(property.html);
  if (!(html instanceof Buffer)) return typeof html === 'string' ? html : null;
  const codepage = tnef.properties.get(property.internetCodepage);
  return decodeCodepage(
    html.subarray(0, limits.textBytes),
    typeof codepage === 'number' ? codepage : tnef.codepage,
  );
}

function addFile(message: TnefMessage, attachment: Attachment, tnef: Tnef): void {
  const { properties, data } = attachment;
  const value = properties.get(property.attachData);
  const content = value instanceof Buffer ? value : data;
  const name = nameOf(attachment, tnef);
  if (!content) {
    message.unread ??= 'a file of it has no content';
    return;
  }
  const type = text(properties, property.attachMimeTag) ?? (name ? libmime.detectMimeType(name) : '');
  const contentId = text(properties, property.attachContentId)?.replace(/^<|>$/g, '') || null;
  message.files.push({ name, type, contentId, content });
}

/** A mail inside: its words become a file that is named after its subject, its files stand among the others. */
function addEmbedded(
  message: TnefMessage,
  bytes: Buffer,
  attachment: Attachment,
  outer: Tnef,
  depth: number,
): void {
  if (depth >= deepest) {
    message.unread ??= 'mails stand too deep inside each other';
    return;
  }
  const tnef = new Tnef(bytes);
  const inner = messageOf(tnef, depth + 1);
  const subject =
    text(tnef.properties, property.subject) ?? decodeText(tnef.subject ?? Buffer.alloc(0), tnef.codepage);
  const name = (subject || nameOf(attachment, outer) || 'message').replace(/[/\\]/g, '_');
  const content = Buffer.from(inner.html ?? inner.text);
  const [extension, type] = inner.html ? ['html', 'text/html'] : ['txt', 'text/plain'];
  if (content.length > 0)
    message.files.push({ name: `${name}.${extension}`, type, contentId: null, content });
  message.files.push(...inner.files);
  message.unread ??= inner.unread;
}

function nameOf({ title, properties }: Attachment, tnef: Tnef): string | null {
  return (
    text(properties, property.attachLongFilename) ??
    text(properties, property.attachFilename) ??
    (title ? decodeText(title, tnef.codepage) || null : null) ??
    text(properties, property.displayName)
  );
}

function text(properties: Properties, id: number): string | null {
  const value = properties.get(id);
  return typeof value === 'string' && value !== '' ? value : null;
}
