// Writes TNEF messages (MS-OXTNEF), as Outlook packs them, for tests.

/** A property: identifier, then a text (Unicode), a text in a code page, a number, bytes or an embedded object. */
type Property = [id: number, value: string | number | Buffer | { codepage: Buffer } | { object: Buffer }];

/** What a message is made of; each file by its properties. */
export type TnefContent = {
  codepage?: number;
  messageClass?: string;
  body?: Buffer;
  properties?: Property[];
  /** An unannounced file has no attribute that says it begins. */
  files?: { unannounced?: true; title?: Buffer; data?: Buffer; properties?: Property[] }[];
};

/** The bytes of a message. */
export function writeTnef({ codepage, messageClass, body, properties, files = [] }: TnefContent): Buffer {
  return Buffer.concat([
    Buffer.from('789f3e220100', 'hex'),
    attribute(1, 0x00089006, Buffer.from('00000100', 'hex')),
    ...(codepage ? [attribute(1, 0x00069007, Buffer.concat([number(codepage), number(0)]))] : []),
    attribute(1, 0x00078008, Buffer.from(`${messageClass ?? 'IPM.Microsoft Mail.Note'}\0`)),
    ...(body ? [attribute(1, 0x0002800c, body)] : []),
    ...(properties ? [attribute(1, 0x00069003, list(properties))] : []),
    ...files.flatMap(file => [
      ...(file.unannounced ? [] : [attribute(2, 0x00069002, Buffer.alloc(14))]),
      ...(file.title ? [attribute(2, 0x00018010, file.title)] : []),
      ...(file.data ? [attribute(2, 0x0006800f, file.data)] : []),
      ...(file.properties ? [attribute(2, 0x00069005, list(file.properties))] : []),
    ]),
  ]);
}

/** RTF in the packed form that has nothing packed (MS-OXRTFCP 2.1.3.1.1): each eighth byte says that eight follow as they are. */
export function packRtf(rtf: string, type: 'LZFu' | 'MELA' = 'LZFu'): Buffer {
  const bytes = Buffer.from(rtf, 'latin1');
  const groups = Array.from({ length: Math.ceil(bytes.length / 8) }, (_, i) =>
    Buffer.concat([Buffer.of(0), bytes.subarray(i * 8, i * 8 + 8)]),
  );
  const packed = type === 'LZFu' ? Buffer.concat(groups) : bytes;
  return Buffer.concat([
    number(packed.length + 12),
    number(bytes.length),
    Buffer.from(type),
    number(0),
    packed,
  ]);
}

function attribute(level: number, id: number, data: Buffer): Buffer {
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(data.reduce((sum, byte) => (sum + byte) & 0xffff, 0));
  return Buffer.concat([Buffer.of(level), number(id), number(data.length), data, checksum]);
}

function list(properties: Property[]): Buffer {
  return Buffer.concat([number(properties.length), ...properties.map(property)]);
}

function property([id, value]: Property): Buffer {
  if (typeof value === 'number') return Buffer.concat([tag(0x03, id), number(value)]);
  if (typeof value === 'string') return variable(0x1f, id, Buffer.from(`${value}\0`, 'utf16le'));
  if (Buffer.isBuffer(value)) return variable(0x102, id, value);
  if ('codepage' in value) return variable(0x1e, id, Buffer.concat([value.codepage, Buffer.of(0)]));
  return variable(0x0d, id, Buffer.concat([Buffer.alloc(16), value.object]));
}

function variable(type: number, id: number, value: Buffer): Buffer {
  const filling = Buffer.alloc((4 - (value.length % 4)) % 4);
  return Buffer.concat([tag(type, id), number(1), number(value.length), value, filling]);
}

function tag(type: number, id: number): Buffer {
  return number(id * 65536 + type);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
