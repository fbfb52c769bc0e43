// Mail that a supervisor lets in or not: one decision whatever happens, at most one event, and the platform hears of it.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import type { MailDiscarded, MailReceived } from '../../schemas/events.d.ts';
import { closeClients, getClients } from '../../shared/clients.ts';
import { followUpLeft } from '../../shared/flows/orders/follow-up.ts';
import { tellHeld } from '../../shared/flows/orders/tell-held.ts';
import { createLog } from '../../shared/log.ts';
import type { TestMailbox } from '../support/dovecot.ts';
import { useMailroom } from '../support/mailroom.ts';
import { until } from '../support/until.ts';

const room = await useMailroom();
const { dovecot } = room;
afterEach(() => {
  room.stack.serviceBus.faults.clear();
  room.stack.cosmos.faults.clear();
});
after(closeClients);

type Call = { body?: unknown; as?: 'Admin' | 'Supervisor' | 'Platform' };
const post = (path: string, { body, as = 'Supervisor' }: Call = {}) =>
  room.call('POST', `/api/mails/${path}`, { as, ...(body === undefined ? {} : { body }) });
const mailOf = (subject: string, extra = '') =>
  `From: ana@example.net\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replaceAll(' ', '-')}@example.net>\r\n${extra}\r\nText of ${subject}\r\n`;
const stateOf = async (key: string) => (await room.call('GET', `/api/mails/${key}`)).json.state;
const eventsOf = (service: string, type: string) => room.events(service).filter(event => event.type === type);

/** A service that holds its mail, with these mails in it; their keys in that order. */
async function held(...raws: string[]): Promise<{ service: string; keys: string[]; mailbox: TestMailbox }> {
  const mailbox = await dovecot.newMailbox();
  for (const raw of raws) await mailbox.deliver('INBOX', raw);
  const service = await room.register(mailbox, { approvalRequired: true });
  await room.fetch(service);
  await room.received(service, 'mail.held', raws.length);
  const { json } = await room.call('GET', `/api/mails/held?serviceId=${service}&limit=200`, {
    as: 'Supervisor',
  });
  const subjects = raws.map(raw => /^Subject: (.*)\r$/m.exec(raw)?.[1]);
  const keys = subjects.map(
    subject => json.items.find((item: { subject: string }) => item.subject === subject).id,
  );
  return { service, keys, mailbox };
}

describe('a held mail', { skip: dovecot.skip, concurrency: 3 }, () => {
  test('is listed with what a supervisor looks at, and only to supervisors', async () => {
    const { service } = await held(mailOf('one'), mailOf('two'));
    const first = await room.call('GET', `/api/mails/held?serviceId=${service}&limit=1`, {
      as: 'Supervisor',
    });
    const rest = await room.call(
      'GET',
      `/api/mails/held?serviceId=${service}&cursor=${first.json.nextCursor}`,
      {
        as: 'Supervisor',
      },
    );
    assert.equal(rest.json.nextCursor, null);
    const items = [...first.json.items, ...rest.json.items];
    const shown = items.map(({ state, from, subject, snippet }) => [state, from, subject, snippet].join());
    // Those of one instant come in any order, and stay in it.
    assert.deepEqual(shown.toSorted(), [
      'held,ana@example.net,one,Text of one',
      'held,ana@example.net,two,Text of two',
    ]);
    const byGroup = await room.call('GET', `/api/mails/held?groupId=support&serviceId=${service}`, {
      as: 'Supervisor',
    });
    assert.equal(byGroup.json.items.length, 2);
    const noGroup = await room.call('GET', `/api/mails/held?groupId=none`, { as: 'Supervisor' });
    assert.deepEqual(noGroup.json.items, []);
    for (const as of ['Admin', 'Platform'] as const)
      assert.equal((await room.call('GET', '/api/mails/held', { as })).status, 403);
  });

  test('is previewed as a document that stands alone, by supervisors', async () => {
    const picture = 'iVBORw0KGgo=';
    const parts = [
      'Content-Type: text/html\r\n\r\n<p onclick="x()">Oi <img src="cid:a"><script>x()</script></p>',
      `Content-Type: image/png; name=a.png\r\nContent-ID: <a>\r\nContent-Transfer-Encoding: base64\r\n\r\n${picture}`,
    ];
    const type = 'Content-Type: multipart/related; boundary=b\r\n';
    const body = `--b\r\n${parts.join('\r\n--b\r\n')}\r\n--b--\r\n`;
    const { keys } = await held(`From: ana@example.net\r\nSubject: previewed\r\n${type}\r\n${body}`);
    const get = async (as: 'Supervisor' | 'Platform') =>
      fetch(`${room.worker().url}/api/mails/${keys[0]}/preview`, {
        headers: { authorization: `Bearer ${await room.stack.entra.token(as)}` },
      });
    const answer = await get('Supervisor');
    assert.match(answer.headers.get('content-security-policy') ?? '', /^sandbox; default-src 'none'/);
    const page = await answer.text();
    assert.ok(page.includes(`<img src="data:image/png;base64,${picture}"`), page);
    assert.ok(!/script|onclick/.test(page));
    assert.equal((await get('Platform')).status, 403);
  });

  test('that is approved enters with its own key, once, however often it is approved', async () => {
    const { service, keys } = await held(mailOf('approved'));
    const [key = ''] = keys;
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(`${key}/approve`)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array(5).fill(200),
    );
    const [event] = await room.received(service, 'mail.received', 1);
    const { delivery, conversation, text } = event!.data as MailReceived;
    assert.deepEqual(
      [event!.id, delivery, conversation.first],
      [key, { number: 1, reason: 'approved' }, true],
    );
    assert.equal(text.trim(), 'Text of approved');
    await until('it to be published', async () => (await stateOf(key)) === 'published');
    const { json } = await room.call('GET', `/api/mails/${key}`);
    assert.equal(json.decision.action, 'approved');
    assert.ok(json.publishedAt && json.decision.by);
    assert.equal(json.heldAt, undefined);
    const late = await post(`${key}/reject`, { body: { reason: 'too late' } });
    assert.deepEqual([late.status, late.json.code], [409, 'conflict']);
    assert.match(late.json.detail, /was approved by .* at \d{4}-.*, which is not taken back/);
    assert.equal(eventsOf(service, 'mail.received').length, 1);
  });

  test('that is rejected stays out, which the platform is told, and may be approved all the same later', async () => {
    const { service, keys } = await held(mailOf('rejected'));
    const [key = ''] = keys;
    assert.equal((await post(`${key}/reject`, { body: { reason: 'Propaganda.' } })).json.state, 'rejected');
    const [event] = await room.received(service, 'mail.rejected', 1);
    const { mailKey, reason } = event!.data as { mailKey: string; reason: string };
    assert.deepEqual([mailKey, reason], [key, 'Propaganda.']);
    assert.equal((await post(`${key}/reject`)).status, 200);
    const refused = await post(`${key}/approve`);
    assert.equal(refused.status, 409);
    assert.match(refused.json.detail, /was rejected by .*; send "overrideRejection": true/);
    assert.equal(
      (await post(`${key}/approve`, { body: { overrideRejection: true } })).json.state,
      'approving',
    );
    await room.received(service, 'mail.received', 1);
    assert.equal(eventsOf(service, 'mail.rejected').length, 1);
  });

  test('about which two supervisors decide the opposite at once has one decision, and one event', async () => {
    const subjects = Array.from({ length: 20 }, (_, n) => `${n} at once`);
    const { service, keys } = await held(...subjects.map(subject => mailOf(subject)));
    const decided = await Promise.all(
      keys.map(async key => {
        const both = await Promise.all([post(`${key}/approve`), post(`${key}/reject`)]);
        return both
          .map(({ status }) => status)
          .toSorted()
          .join();
      }),
    );
    assert.deepEqual(new Set(decided), new Set(['200,409']));
    await until('all to be told', () => {
      const told = [...eventsOf(service, 'mail.received'), ...eventsOf(service, 'mail.rejected')];
      return told.length === 20;
    });
    const states = await Promise.all(keys.map(stateOf));
    const approved = eventsOf(service, 'mail.received').map(({ id }) => id);
    assert.deepEqual(new Set(approved), new Set(keys.filter((_, n) => states[n] !== 'rejected')));
  });

  test('that is rejected leaves the conversation, and its form, to the next', async () => {
    const { service, keys } = await held(
      mailOf('opens'),
      mailOf('answers', 'In-Reply-To: <opens@example.net>\r\n'),
      mailOf('answers too', 'In-Reply-To: <opens@example.net>\r\n'),
    );
    const [opens = '', ...answers] = keys;
    await post(`${opens}/reject`);
    for (const key of answers) await post(`${key}/approve`);
    const events = await room.received(service, 'mail.received', 2);
    const firsts = events.map(({ data }) => (data as MailReceived).conversation.first);
    assert.deepEqual(firsts.toSorted(), [false, true]);
    assert.equal(new Set(events.map(({ data }) => (data as MailReceived).conversation.key)).size, 1);
  });

  test('that answers an approved one skips the filter, unless its sender only says who they are', async () => {
    const { service, keys, mailbox } = await held(mailOf('asked'));
    await post(`${keys[0]}/approve`);
    const path = `/api/services/${service}`;
    const { etag } = await room.call('GET', path);
    const change = { mailbox: { authservId: 'mx.company.example' } };
    assert.equal((await room.call('PATCH', path, { ifMatch: etag, body: change })).status, 200);
    const passed = (id: string) => `Authentication-Results: ${id}; dmarc=pass header.from=example.net\r\n`;
    const failed = 'Authentication-Results: mx.company.example; dmarc=fail header.from=example.net\r\n';
    const answers = 'In-Reply-To: <asked@example.net>\r\n';
    for (const [subject, results] of [
      ['sure', passed('mx.company.example')],
      ['forged', passed('mx.evil.example')],
      ['forged below', failed + passed('mx.company.example')],
      ['forged topmost', passed('mx.company.example') + failed],
    ] as const)
      await mailbox.deliver('INBOX', results + mailOf(subject, answers));
    await room.fetch(service);
    await room.received(service, 'mail.held', 4);
    const entered = await room.received(service, 'mail.received', 2);
    const subjects = entered.map(({ data }) => (data as MailReceived).headers.subject);
    assert.deepEqual(subjects.toSorted(), ['asked', 'sure']);
  });

  test('of many is decided with them, each by itself', async () => {
    const { service, keys } = await held(mailOf('many 1'), mailOf('many 2'), mailOf('many 3'));
    await post(`${keys[2]}/reject`);
    const unknown = `${service}.${'0'.repeat(64)}`;
    const { json } = await post('held/approve', { body: { keys: [...keys, unknown] } });
    assert.deepEqual(
      json.results.map((each: { state?: string; code?: string }) => each.state ?? each.code),
      ['approving', 'approving', 'conflict', 'not_found'],
    );
    await room.received(service, 'mail.received', 2);
  });

  test('that a filter finds is counted first, and what came after the count is not decided', async () => {
    const { service } = await held(mailOf('filtered 1'), mailOf('filtered 2'));
    const filter = { serviceId: service, sender: 'ANA@example.net' };
    const dry = await post('held/approve', { body: { filter, dryRun: true } });
    assert.deepEqual([dry.json.count, dry.json.more], [2, false]);
    const { heldBefore } = dry.json;
    const undecided = await post('held/approve', { body: { filter } });
    assert.equal(undecided.status, 422);
    assert.match(undecided.json.detail, /^The request is not understood; give \{"keys"/);
    const before = await post('held/approve', { body: { filter, heldBefore: '2020-01-01T00:00:00Z' } });
    assert.deepEqual(before.json, { decided: 0, refused: 0, more: false });
    const done = await post('held/approve', { body: { filter, heldBefore } });
    assert.deepEqual(done.json, { decided: 2, refused: 0, more: false });
    await room.received(service, 'mail.received', 2);
  });
});

describe('a service whose mail waits', { skip: dovecot.skip }, () => {
  test('is not deleted until it is decided, and says how many wait and since when', async () => {
    const { service, keys } = await held(mailOf('waits'));
    const path = `/api/services/${service}`;
    const status = await room.call('GET', `${path}/status`);
    assert.equal(status.json.counts.held, 1);
    assert.ok(status.json.oldestHeldAt);
    const lines: string[] = [];
    Object.assign(process.env, room.environment);
    await tellHeld(
      await getClients(),
      createLog((_level, line) => void lines.push(line)),
    );
    const told = JSON.parse(lines[0] ?? '{}');
    assert.equal(told.event, 'mail-held');
    assert.ok(told.count >= 1 && told.oldestHeldAt <= status.json.oldestHeldAt);
    const etag = async () => (await room.call('GET', path)).etag;
    const open = await room.call('PATCH', path, { ifMatch: await etag(), body: { approvalRequired: false } });
    assert.match(
      open.json.warnings.map(({ message }: { message: string }) => message).join(),
      /1 held before still wait/,
    );
    const refused = await room.call('DELETE', path, { ifMatch: await etag() });
    assert.deepEqual([refused.status, refused.json.code], [409, 'conflict']);
    assert.match(refused.json.detail, /1 held for a supervisor, the oldest since \d{4}-/);
    assert.equal((await room.call('GET', path)).json.active, false);
    await post(`${keys[0]}/approve`);
    await room.received(service, 'mail.received', 1);
    await until('it to be published', async () => (await stateOf(keys[0] ?? '')) === 'published');
    assert.equal((await room.call('DELETE', path, { ifMatch: await etag() })).status, 204);
  });

  test('lets the platform discard what entered, unless that is switched off', async () => {
    const { service, keys } = await held(mailOf('discarded'));
    const [key = ''] = keys;
    const discard = (body?: unknown) => post(`${key}/discard`, { as: 'Platform', body });
    assert.equal((await discard()).status, 409);
    await post(`${key}/approve`);
    await until('it to be published', async () => (await stateOf(key)) === 'published');
    const path = `/api/services/${service}`;
    const change = async (body: object) => {
      const { etag } = await room.call('GET', path);
      assert.equal((await room.call('PATCH', path, { ifMatch: etag, body })).status, 200);
    };
    await change({ discardDisabled: true });
    const refused = await discard();
    assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden']);
    await change({ discardDisabled: false });
    assert.equal((await post(`${key}/discard`)).status, 403);
    const done = await discard({ reason: 'Repetido.', agentId: 'ana' });
    assert.deepEqual([done.status, done.json.discard.by], [200, 'ana']);
    assert.equal((await discard()).status, 200);
    const [event] = await room.received(service, 'mail.discarded', 1);
    const { mailKey, discardedBy, reason } = event!.data as MailDiscarded;
    assert.deepEqual([mailKey, discardedBy, reason], [key, 'ana', 'Repetido.']);
  });
});

describe('a decision', { skip: dovecot.skip }, () => {
  test('whose worker dies before the event, or before the trail and the record, is brought to its end', async () => {
    for (const [faults, on] of [
      [room.stack.serviceBus.faults, 'send mail-events'],
      [room.stack.cosmos.faults, 'create audit'],
    ] as const) {
      const { service, keys } = await held(mailOf(`dies at ${on}`));
      const [key = ''] = keys;
      const killed = Promise.withResolvers<void>();
      faults.add({ on, action: 'delay', until: killed.promise, times: 1 });
      const asked = post(`${key}/approve`).catch(() => undefined);
      await until(`the step "${on}" to be reached`, () => faults.list().length === 0);
      await room.worker().kill();
      killed.resolve();
      await asked;
      await room.restart();
      assert.equal(await stateOf(key), 'approving');
      await followUp(key);
      await room.received(service, 'mail.received', 1);
      assert.equal(new Set(eventsOf(service, 'mail.received').map(({ id }) => id)).size, 1);
    }
  });

  test('while the bus is away is answered, and told when it is back', async () => {
    const { service, keys } = await held(mailOf('bus away'));
    room.stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
    const { status, json } = await post(`${keys[0]}/approve`);
    assert.deepEqual([status, json.state], [200, 'approving']);
    assert.equal(eventsOf(service, 'mail.received').length, 0);
    room.stack.serviceBus.faults.clear();
    await followUp(keys[0] ?? '');
    await room.received(service, 'mail.received', 1);
  });
});

/** What the timer does two minutes from now. */
async function followUp(key: string): Promise<void> {
  Object.assign(process.env, room.environment);
  const clock = () => new Date(Date.now() + 120_000);
  await followUpLeft(await getClients(), { log: createLog(() => {}), clock });
  assert.equal(await stateOf(key), 'published');
}
