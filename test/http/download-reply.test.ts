// Files of mails as responses: a browser saves them, whatever they say that they are.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { downloadReply, jsonReply } from '../../shared/http/download-reply.ts';

const file = (type: string, name?: string) => ({
  type,
  sizeBytes: 2,
  body: Readable.from(['{}']),
  ...(name === undefined ? {} : { name }),
});

test('every file of a mail is offered for saving, JSON like all others', () => {
  for (const type of [
    'application/json',
    'text/html',
    'image/svg+xml',
    'application/octet-stream',
    'message/rfc822',
  ]) {
    const { headers } = downloadReply(file(type, 'nota.json'));
    assert.equal(headers?.['content-disposition'], "attachment; filename*=UTF-8''nota.json");
    assert.equal(headers?.['content-type'], type);
    assert.equal(headers?.['content-security-policy'], "sandbox; default-src 'none'");
  }
});

test('a name of any characters is a header that Node sends', () => {
  for (const [name, encoded] of [
    ["relatório (1)'*.pdf", 'relat%C3%B3rio%20%281%29%27%2A.pdf'],
    ['a"b;c\r\n.txt', 'a%22b%3Bc%0D%0A.txt'],
    ['half \ud800.txt', 'half%20%EF%BF%BD.txt'],
  ] as const) {
    const { headers } = downloadReply(file('text/plain', name));
    assert.equal(headers?.['content-disposition'], `attachment; filename*=UTF-8''${encoded}`);
  }
});

test('JSON that we made is shown', () => {
  const { headers } = jsonReply(file('application/json'));
  assert.equal(headers?.['content-disposition'], undefined);
});
