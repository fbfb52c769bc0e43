// Whom the ledger notes beside the sender of a mail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correspondentBesides } from '../../../shared/domain/mail/ledger-record.ts';
import type { Mail } from '../../../shared/domain/mail/mail.ts';

const noted = (address: string | undefined, from = 'Form@loja.example') =>
  correspondentBesides({
    headers: { from: from === '' ? [] : [{ name: '', address: from }] },
    correspondent: address === undefined ? null : { name: 'Ana', address, from: 'replyTo' },
  } as unknown as Mail);

test('is somebody else than the sender, in whatever case', () => {
  assert.equal(noted('ana@exemplo.com.br'), 'ana@exemplo.com.br');
  assert.equal(noted('ana@exemplo.com.br', ''), 'ana@exemplo.com.br');
  for (const nobody of ['form@LOJA.example', '', undefined]) assert.equal(noted(nobody), undefined);
});

test('is no longer than an address, and whole text', () => {
  assert.equal(noted(`${'a'.repeat(300)}@x.example`)?.length, 254);
  assert.equal(noted(`${'a'.repeat(253)}\u{1f600}@x`)?.isWellFormed(), true);
});
