// How Service Bus writes lock tokens and 64-bit numbers in AMQP.

import { randomUUID } from 'node:crypto';

/** A lock token is a UUID; in requests to `$management` it travels as 16 bytes in the order of RFC 9562. */
export function newLockToken(): string {
  return randomUUID();
}

export function lockTokenOfBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function bytesOfLockToken(lockToken: string): Buffer {
  return Buffer.from(lockToken.replaceAll('-', ''), 'hex');
}

/** The delivery tag is the lock token as a .NET Guid: the first three groups have their bytes reversed. */
export function deliveryTag(lockToken: string): Buffer {
  return swapGuid(bytesOfLockToken(lockToken));
}

export function lockTokenOfTag(tag: Buffer | string): string {
  return lockTokenOfBytes(swapGuid(Buffer.from(tag)));
}

function swapGuid(bytes: Buffer): Buffer {
  const swapped = Buffer.from(bytes);
  swapped.subarray(0, 4).reverse();
  swapped.subarray(4, 6).reverse();
  swapped.subarray(6, 8).reverse();
  return swapped;
}

/** rhea gives a 64-bit number as bytes when it is too large for a JavaScript number or came inside an array. */
export function numberOfLong(value: unknown): number {
  return Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(value);
}
