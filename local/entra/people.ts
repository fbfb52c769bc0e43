// The people of the local tenant: a few who are known, and whoever signs in with another address.
import { createHash } from 'node:crypto';
import { tenantId } from './clients.ts';

export type Person = {
  /** Entra's object id; the same address always has the same. */
  oid: string;
  /** In lower case. */
  address: string;
  name: string;
};

export const people: Person[] = ['ana@contoso.example', 'bruno@contoso.example'].map(personOf);

export function personOf(address: string): Person {
  const lower = address.toLowerCase();
  const digest = createHash('sha256').update(`${tenantId} ${lower}`).digest('hex');
  const oid = digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
  const words = lower.replace(/@.*/, '').split(/[._-]/);
  return {
    oid,
    address: lower,
    name: words.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join(' '),
  };
}
