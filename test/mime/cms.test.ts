// The content of a signed object, however its lengths are written, and that no damage stops the reading.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCms } from '../../shared/mime/cms.ts';

const signedData = element(0x06, Buffer.from('2a864886f70d010702', 'hex'));
const data = element(0x06, Buffer.from('2a864886f70d010701', 'hex'));
const version = element(0x02, Buffer.of(1));
const algorithms = element(0x31, element(0x30, element(0x06, Buffer.from('608648016503040201', 'hex'))));
const signers = element(0x31, Buffer.alloc(0));

/** With a length. */
function element(tag: number, ...content: Buffer[]): Buffer {
  const bytes = Buffer.concat(content);
  assert.ok(bytes.length < 256);
  return Buffer.concat([Buffer.of(tag, ...(bytes.length < 128 ? [] : [0x81]), bytes.length), bytes]);
}

/** Without one: two zeros end it. */
function open(tag: number, ...content: Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(tag, 0x80), ...content, Buffer.of(0, 0)]);
}

type Write = typeof element;

function signed(write: Write, octets: Buffer): Buffer {
  const inside = write(
    0x30,
    version,
    write(0x31, algorithms),
    write(0x30, data, write(0xa0, octets)),
    signers,
  );
  return write(0x30, signedData, write(0xa0, inside));
}

const whole = element(0x04, Buffer.from('Bom dia'));
const pieces = [element(0x04, Buffer.from('Bom ')), element(0x04, Buffer.from('dia'))];

describe('a CMS object', () => {
  it('has its content in one string of octets', () => {
    assert.deepEqual(readCms(signed(element, whole)), {
      kind: 'signed',
      content: Buffer.from('Bom dia'),
      complete: true,
    });
  });

  it('has its content in pieces, and pieces of pieces, with lengths or without', () => {
    const strings = [
      element(0x24, ...pieces),
      open(0x24, ...pieces),
      open(0x24, element(0x24, ...pieces.slice(0, 1)), open(0x24, ...pieces.slice(1))),
    ];
    for (const write of [element, open]) {
      for (const octets of strings)
        assert.equal(readCms(signed(write, octets))?.content?.toString(), 'Bom dia');
    }
  });

  it('has none when only its signature is there', () => {
    const inside = element(0x30, version, algorithms, element(0x30, data), signers);
    const detached = element(0x30, signedData, element(0xa0, inside));
    assert.deepEqual(readCms(detached), { kind: 'signed', content: null, complete: true });
  });

  it('tells what needs a key', () => {
    const enveloped = element(0x06, Buffer.from('2a864886f70d010703', 'hex'));
    assert.equal(readCms(open(0x30, enveloped, open(0xa0)))?.kind, 'encrypted');
  });

  it('is none when the bytes are others', () => {
    for (const bytes of ['', '0', '%PDF-1.4', 'Content-Type: text/plain\r\n\r\n', '0\x80\x1f\x1f'])
      assert.equal(readCms(Buffer.from(bytes, 'latin1')), null);
  });

  it('that is cut off anywhere gives what is there of its content', () => {
    for (const bytes of [signed(element, whole), signed(open, open(0x24, ...pieces))]) {
      for (let length = 0; length < bytes.length; length++) {
        const object = readCms(bytes.subarray(0, length));
        assert.ok('Bom dia'.startsWith(object?.content?.toString() ?? ''));
        if (object?.content && object.content.length < 7) assert.equal(object.complete, false);
      }
    }
  });
});
