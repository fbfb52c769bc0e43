// Reading over Microsoft Graph as an app of Entra ID.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useGraphSource } from '../support/mail-sources.ts';
import { describeReading } from '../support/reading-suite.ts';
import { until } from '../support/until.ts';

const source = await useGraphSource();
describeReading(source);

test('a service switched off while its mails are moved one by one: it ends within a few of them', async () => {
  const { room } = source;
  const account = await source.newAccount('Feito');
  for (let n = 0; n < 100; n++) await account.deliver(`Subject: ${n}\r\n\r\n`);
  const mailbox = { ...account.settings, afterRead: { action: 'move', folder: 'Feito' } };
  await room.call('PUT', '/api/groups/support', { body: { name: 'Suporte' } });
  const service = await room.create({
    name: 'moved',
    readFrom: '2020-01-01',
    groups: [{ groupId: 'support' }],
    mailbox,
  });
  source.faults.add({ on: 'POST move', action: 'delay', delayMs: 50 });
  const fetching = room.fetch(service);
  await until('the first mail to be moved', async () => (await account.list('Feito')).length > 0);
  const { etag } = await room.call('GET', `/api/services/${service}`);
  const { status } = await room.call('PATCH', `/api/services/${service}`, {
    body: { active: false },
    ifMatch: etag,
  });
  assert.equal(status, 200);
  assert.match(await fetching, /^(failed|inactive)$/);
  source.faults.clear();
  const moved = (await account.list('Feito')).length;
  assert.ok(moved <= 60, `${moved} mails were moved`);
});
