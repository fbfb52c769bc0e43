// What releases keep is read by each other: today's code reads what every earlier one kept, and what a later one keeps besides
// survives today's changes, so that a release can be taken back. A release adds the file of what it keeps, and changes none.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { noteDisposal } from '../../shared/azure/ledger.ts';
import { findMailboxItem, writeMailbox } from '../../shared/azure/mailbox-store.ts';
import { findInvitation, replaceInvitation } from '../../shared/azure/surveys-store.ts';
import type { MailKey, ServiceId } from '../../shared/domain/ids.ts';
import { type Invitation, withNews } from '../../shared/domain/survey/invitation.ts';
import { type Api, startApi } from '../http/api.ts';

type Item = { id: string; kind?: string; [member: string]: unknown };
type Kept = Record<'catalog' | 'mailboxes' | 'ledger' | 'surveys', Item[]>;

/** What a release that is not there yet keeps besides. */
const later = { ofLater: { release: 'of later' } };

let api: Api;
before(async () => {
  api = await startApi({}, ['mails', 'held']);
});
after(() => api.close());

const releases = globSync('test/releases/*.json').toSorted();
assert.ok(releases.length > 0);
const newest = releases.at(-1);

/** In the place of what was there. */
async function restore(kept: Kept): Promise<void> {
  for (const [container, items] of Object.entries(kept)) {
    for (const item of items) await api.database[container as keyof Kept].items.upsert(item);
  }
}

function readKept(file: string): Kept {
  return JSON.parse(readFileSync(file, 'utf8'));
}

const idOf = ({ catalog }: Kept) =>
  String(catalog.find(({ kind }) => kind === 'service')?.id.replace('service:', '')) as ServiceId;
const keyOf = ({ ledger }: Kept) => String(ledger.find(({ kind }) => kind === 'mail')?.id) as MailKey;
const invitationIn = ({ surveys }: Kept) => surveys[0] as unknown as Invitation;

for (const file of releases) {
  describe(`what release ${basename(file, '.json')} keeps`, () => {
    const kept = readKept(file);

    it('is read today: services, settings, groups, mailboxes, mails and invitations', async () => {
      await restore(kept);
      const id = idOf(kept);
      const service = await api.call('GET', `/api/services/${id}`);
      assert.equal(service.status, 200);
      assert.equal(service.json.mailbox.auth.passwordSet, true);
      assert.equal((await api.call('GET', '/api/groups/n1')).json.name, 'N1');
      assert.equal((await api.call('GET', '/api/settings')).json.publicUrl, 'https://a.empresa.com.br');
      const { json } = await api.call('GET', `/api/mails?serviceId=${id}`, { as: 'Supervisor' });
      assert.deepEqual(
        json.items.map((mail: { id: string; state: string }) => [mail.id, mail.state]),
        [[keyOf(kept), 'held']],
      );
      assert.equal((await findMailboxItem(api.database.mailboxes, id))?.value.takenIn, '1:3');
      const { invitationId } = invitationIn(kept);
      const found = await findInvitation(api.database.surveys, invitationId);
      assert.equal(found?.value.invitedDay, '2026-03-02');
    });
  });
}

describe('what a later release keeps besides', () => {
  const kept = readKept(newest ?? '');
  const id = idOf(kept);
  const of = (container: keyof Kept, item: string, partition: string) =>
    api.database[container].item(item, partition).read<Record<string, unknown>>();

  before(() => {
    const withLater = (item: Item): Item => ({
      ...item,
      ...later,
      ...(item.service ? { service: { ...(item.service as object), ...later } } : {}),
      ...(item.settings ? { settings: { ...(item.settings as object), ...later } } : {}),
    });
    return restore(
      Object.fromEntries(Object.entries(kept).map(([name, items]) => [name, items.map(withLater)])) as Kept,
    );
  });

  it('survives a change of a service', async () => {
    const { etag } = await api.call('GET', `/api/services/${id}`);
    const { status } = await api.call('PATCH', `/api/services/${id}`, {
      ifMatch: etag,
      body: { pollSeconds: 120 },
    });
    assert.equal(status, 200);
    const { resource } = await of('catalog', `service:${id}`, 'catalog');
    assert.partialDeepStrictEqual(resource, { ...later, service: { pollSeconds: 120, ...later } });
  });

  it('survives a change of the settings, and is not refused as unknown', async () => {
    const { etag } = await api.call('GET', '/api/settings');
    const { status } = await api.call('PATCH', '/api/settings', {
      ifMatch: etag,
      body: { defaultLanguage: 'es' },
    });
    assert.equal(status, 200);
    const { resource } = await of('catalog', 'settings', 'catalog');
    assert.partialDeepStrictEqual(resource, { settings: { defaultLanguage: 'es', ...later } });
  });

  it("survives a fetch's write of the mailbox", async () => {
    const found = await findMailboxItem(api.database.mailboxes, id);
    const stores = { database: api.database, mails: undefined as never };
    await writeMailbox(stores, { ...found!.value, takenIn: '1:4' }, found!.etag);
    const { resource } = await of('mailboxes', 'mailbox', id);
    assert.partialDeepStrictEqual(resource, { takenIn: '1:4', ...later });
  });

  it('survives what becomes of a mail: what its server did, and what a supervisor decided', async () => {
    const key = keyOf(kept);
    await noteDisposal(api.database.ledger, id, [key], 'moved', new Date('2026-03-02T10:01:00Z'));
    const { status } = await api.call('POST', `/api/mails/${key}/reject`, {
      as: 'Supervisor',
      body: { reason: 'propaganda' },
    });
    assert.equal(status, 200);
    const { resource } = await of('ledger', key, id);
    assert.partialDeepStrictEqual(resource, { disposal: 'moved', state: 'rejected', ...later });
  });

  it('survives what follows an invitation', async () => {
    const { invitationId } = invitationIn(kept);
    const found = await findInvitation(api.database.surveys, invitationId);
    const invited = withNews(found?.value as Invitation, { type: 'invited', at: '2026-03-02T18:00:00.000Z' });
    assert.ok(await replaceInvitation(api.database.surveys, invited, found?.etag ?? ''));
    const { resource } = await of('surveys', 'invitation', invitationId);
    assert.partialDeepStrictEqual(resource, { untoldSince: '2026-03-02T18:00:00.000Z', ...later });
  });
});
