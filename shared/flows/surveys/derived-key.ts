// Keys of their own for what surveys sign, derived from the deployment's (RFC 5869): none of them opens what another signs.
import { hkdfSync } from 'node:crypto';
import type { SecretKey } from '../../config.ts';

type Use = 'survey-links' | 'survey-times';

const derived: Record<Use, WeakMap<Buffer, Buffer>> = {
  'survey-links': new WeakMap(),
  'survey-times': new WeakMap(),
};

/** 32 bytes, always the same for a key and a use. */
export function derivedKey({ key }: SecretKey, use: Use): Buffer {
  const found = derived[use].get(key) ?? Buffer.from(hkdfSync('sha256', key, '', `malote/${use}`, 32));
  derived[use].set(key, found);
  return found;
}
