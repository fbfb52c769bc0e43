// The life of a mail as its record tells it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailKey, ServiceId } from '../../../shared/domain/ids.ts';
import type { LedgerRecord, MailOrder } from '../../../shared/domain/mail/ledger-record.ts';
import { lifeOf } from '../../../shared/domain/mail/life.ts';
import { foldedWords, senderTerm, termsOf } from '../../../shared/domain/mail/search-terms.ts';
import { ledgerRecord } from '../../support/ledger-record.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 2, 12, minute)).toISOString();
const order = (action: MailOrder['action'], minute: number, members: Partial<MailOrder> = {}): MailOrder => ({
  id: `${minute}`,
  action,
  who: { oid: 'o', name: 'Bia', role: 'Supervisor' },
  at: at(minute),
  reason: null,
  ...members,
});
const record = (members: Partial<LedgerRecord>) =>
  ledgerRecord({
    id: 's.1' as MailKey,
    serviceId: 's' as ServiceId,
    source: { generation: 'g', id: '1' },
    receivedAt: at(0),
    recordedAt: at(1),
    rawSha256: 'a',
    ...members,
  });

test('a mail that was rejected, let in all the same, moved and discarded has all of it in its life', () => {
  const life = lifeOf(
    record({
      overridden: order('rejected', 3, { reason: 'Propaganda.' }),
      decision: order('approved', 4),
      publishedAt: at(5),
      disposal: 'moved',
      disposedAt: at(2),
      discard: order('discarded', 6, { agentId: 'agente-7' }),
    }),
    'inside',
  );
  assert.deepEqual(life, [
    { what: 'stored', at: at(1) },
    { what: 'held', at: at(1) },
    { what: 'moved', at: at(2) },
    { what: 'rejected', at: at(3), by: 'Bia', reason: 'Propaganda.' },
    { what: 'approved', at: at(4), by: 'Bia' },
    { what: 'published', at: at(5) },
    { what: 'discarded', at: at(6), by: 'agente-7' },
  ]);
});

test('a mail that entered without waiting was stored before it was published', () => {
  assert.deepEqual(lifeOf(record({ storedAt: at(0) }), 'outside'), [
    { what: 'stored', at: at(0) },
    { what: 'published', at: at(1) },
  ]);
});

test('why a mail was set aside is told inside only', () => {
  const aside = record({ state: 'setAside', reason: 'refused', rawSha256: null });
  assert.deepEqual(lifeOf(aside, 'inside'), [{ what: 'setAside', at: at(1), reason: 'refused' }]);
  assert.deepEqual(lifeOf(aside, 'outside'), [{ what: 'setAside', at: at(1) }]);
});

test('words are folded: neither accents nor case nor what stands between them counts', () => {
  assert.deepEqual(foldedWords('RECLAMAÇÃO: pedido nº 4711, Re: İstanbul  e-mail pedido'), [
    'reclamacao',
    'pedido',
    'no',
    '4711',
    're',
    'istanbul',
    'e',
    'mail',
  ]);
  assert.deepEqual(foldedWords('---'), []);
});

test('a sender is found by address and by domain, and no word is taken for one', () => {
  const terms = termsOf({ from: 'Ana@Exemplo.com', fromName: 'Ana', subject: '@exemplo.com' });
  assert.deepEqual(terms, ['ana@exemplo.com', '@exemplo.com', 'ana', 'exemplo', 'com']);
  assert.deepEqual(['ANA@exemplo.com', 'Exemplo.com', '@exemplo.com'].map(senderTerm), [
    'ana@exemplo.com',
    '@exemplo.com',
    '@exemplo.com',
  ]);
  assert.deepEqual(termsOf({ from: '', subject: '' }), []);
});
