// What releases keep is read by each other: today's code reads what every earlier one kept, and what a later one keeps besides
// survives today's changes, so that a release can be taken back. A release adds the file of what it keeps, and changes none.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
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

/** A record as that release keeps it: more in it, and in everything within it. */
function withLater(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withLater);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, withLater(member)]);
  return { ...Object.fromEntries(members), ...later };
}

/** Where a record has no more what a later release kept there; what has come anew has nothing of it. */
function lostIn(before: unknown, now: unknown, path = ''): string[] {
  if (typeof before !== 'object' || before === null) return [];
  return Object.entries(before).flatMap(([name, member]) => {
    const found = typeof now === 'object' && now !== null ? Reflect.get(now, name) : undefined;
    if (name === 'ofLater') return isDeepStrictEqual(found, member) ? [] : [path];
    return lostIn(member, found, `${path}.${name}`);
  });
}

/** A survey that has everything, for that of the kept service has nothing. */
const survey = {
  type: 'custom',
  questions: [{ id: 'q1', type: 'csat', text: 'E agora?', required: true }],
  commentDisabled: false,
  delivery: 'platform',
  askAgainAfterDays: 0,
  expiresAfterDays: 14,
  changeableHours: 24,
  alertBelow: null,
};

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

  const richer = (item: Item) =>
    item.kind === 'service' ? { ...item, service: { ...(item.service as object), survey } } : item;
  const keptLater = Object.fromEntries(
    Object.entries(kept).map(([name, items]) => [name, items.map(richer).map(withLater) as Item[]]),
  ) as Kept;
  const lostOf = (now: Record<string, unknown> | undefined) =>
    lostIn(
      Object.values(keptLater)
        .flat()
        .find(item => item.id === now?.id),
      now,
    );

  before(() => restore(keptLater));

  it('survives a change of a service', async () => {
    const { etag } = await api.call('GET', `/api/services/${id}`);
    const { status } = await api.call('PATCH', `/api/services/${id}`, {
      ifMatch: etag,
      body: { pollSeconds: 120 },
    });
    assert.equal(status, 200);
    const { resource } = await of('catalog', `service:${id}`, 'catalog');
    assert.partialDeepStrictEqual(resource, { service: { pollSeconds: 120 } });
    assert.deepEqual(lostOf(resource), []);
  });

  it('survives a change within what it is in, and goes with what is another thing now', async () => {
    const mailbox = { afterRead: { folder: 'Tratados' } };
    const questions = [
      { id: 'q1', type: 'csat', text: 'Como foi?', required: true },
      { type: 'text', text: 'Por quê?', required: false },
    ];
    const patch = (body: object) => api.call('PATCH', `/api/services/${id}`, { ifMatch: '*', body });
    const read = async () => (await of('catalog', `service:${id}`, 'catalog')).resource;
    assert.equal((await patch({ mailbox, survey: { questions } })).status, 200);
    assert.deepEqual(lostOf(await read()), []);
    assert.equal((await patch({ survey: { type: 'standard', questions: null } })).status, 200);
    assert.deepEqual(lostOf(await read()), ['.service.survey.questions.0', '.service.survey']);
  });

  it('survives a group that is written anew', async () => {
    const { etag } = await api.call('GET', '/api/groups/n1');
    const { status } = await api.call('PUT', '/api/groups/n1', { ifMatch: etag, body: { name: 'Nível 1' } });
    assert.equal(status, 200);
    const { resource } = await of('catalog', 'group:n1', 'catalog');
    assert.partialDeepStrictEqual(resource, { record: { name: 'Nível 1' } });
    assert.deepEqual(lostOf(resource), []);
  });

  it('survives a change of the settings, and is not refused as unknown', async () => {
    const { etag } = await api.call('GET', '/api/settings');
    const { status } = await api.call('PATCH', '/api/settings', {
      ifMatch: etag,
      body: { defaultLanguage: 'es' },
    });
    assert.equal(status, 200);
    const { resource } = await of('catalog', 'settings', 'catalog');
    assert.partialDeepStrictEqual(resource, { settings: { defaultLanguage: 'es' } });
    assert.deepEqual(lostOf(resource), []);
  });

  it("survives a fetch's write of the mailbox", async () => {
    const found = await findMailboxItem(api.database.mailboxes, id);
    const stores = { database: api.database, mails: undefined as never };
    await writeMailbox(stores, { ...found!.value, takenIn: '1:4' }, found!.etag);
    const { resource } = await of('mailboxes', 'mailbox', id);
    assert.partialDeepStrictEqual(resource, { takenIn: '1:4' });
    assert.deepEqual(lostOf(resource), []);
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
    assert.partialDeepStrictEqual(resource, { disposal: 'moved', state: 'rejected' });
    assert.deepEqual(lostOf(resource), []);
  });

  it('survives what follows an invitation', async () => {
    const { invitationId } = invitationIn(kept);
    const found = await findInvitation(api.database.surveys, invitationId);
    const invited = withNews(found?.value as Invitation, { type: 'invited', at: '2026-03-02T18:00:00.000Z' });
    assert.ok(await replaceInvitation(api.database.surveys, invited, found?.etag ?? ''));
    const { resource } = await of('surveys', 'invitation', invitationId);
    assert.partialDeepStrictEqual(resource, { untoldSince: '2026-03-02T18:00:00.000Z' });
    assert.deepEqual(lostOf(resource), []);
  });
});
