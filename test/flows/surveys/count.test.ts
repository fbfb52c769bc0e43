// Sums of surveys: whatever changes, in whatever order and however many count at once, they end as what there is.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import entities from '../../../infra/entities.json' with { type: 'json' };
import { openDatabase } from '../../../shared/azure/cosmos.ts';
import { listSums, listUncounted } from '../../../shared/azure/survey-sums-store.ts';
import { createInvitation, findInvitation, replaceInvitation } from '../../../shared/azure/surveys-store.ts';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import type { Invitation } from '../../../shared/domain/survey/invitation.ts';
import { sumDay } from '../../../shared/domain/survey/sums.ts';
import { countLeft, countSoon } from '../../../shared/flows/surveys/count.ts';
import { createLog } from '../../../shared/log.ts';
import { startDatabase } from '../../azure/services-database.ts';
import { answer } from '../../support/answer.ts';
import { invitation } from '../../support/invitation.ts';
import { type Random, randomFrom } from '../../support/random.ts';
import { until } from '../../support/until.ts';

const { database, cosmos, [Symbol.asyncDispose]: close } = await startDatabase();
const { endpoint, key, faults } = cosmos;
/** Another instance of the app, with a session of its own. */
const other = await openDatabase({ endpoint, key, database: entities.cosmos.database });
after(async () => {
  other.close();
  await close();
});

const { surveys } = database;
const log = createLog(() => {});
const now = { clock: () => new Date(), log };
/** When what is written now is certain to be seen by everybody. */
const later = { clock: () => new Date(Date.now() + 120_000), log };
const march = { from: '2026-03-01', to: '2026-03-31' };
const days = ['2026-03-01', '2026-03-02', '2026-03-03'];

async function invite(changes: Partial<Invitation>): Promise<Invitation> {
  const made = invitation({ uncountedSince: '2026-03-02T18:00:00.000Z', ...changes });
  assert.notEqual(await createInvitation(surveys, made), undefined);
  return made;
}

/** As whoever changes an invitation does: anew, where somebody else was first. */
async function change(
  { invitationId }: Invitation,
  make: (is: Invitation) => Partial<Invitation>,
): Promise<void> {
  await until('an invitation to be changed', async () => {
    const { value, etag } = (await findInvitation(surveys, invitationId)) ?? assert.fail();
    assert.ok(value.kind === 'invitation');
    const changed = { uncountedSince: '2026-03-03T00:00:00.000Z', ...value, ...make(value) };
    return (await replaceInvitation(surveys, changed, etag)) !== undefined;
  });
}

const marks = async () => (await Array.fromAsync(listUncounted(surveys))).flat();

async function sumsOf(serviceId: ServiceId) {
  const [totals, cells] = await Promise.all([
    listSums(surveys, serviceId, march, 'total'),
    listSums(surveys, serviceId, march, 'cells'),
  ]);
  return new Map(totals.map(day => [day.day, { ...day, ...cells.find(each => each.day === day.day) }]));
}

/** What the sums of a service must be, from all its invitations. */
async function assertSums(serviceId: ServiceId, ids: Invitation[]): Promise<void> {
  const found = await Promise.all(ids.map(({ invitationId }) => findInvitation(surveys, invitationId)));
  const all = found.map(each => each?.value ?? assert.fail());
  const sums = await sumsOf(serviceId);
  for (const day of days) {
    const expected = sumDay(
      { serviceId, day },
      all.filter(each => each.invitedDay === day),
      all.filter(each => each.answer?.answeredDay === day),
    );
    const { serviceId: _service, ...kept } = expected;
    if (kept.cells.length > 0 || sums.has(day))
      assert.deepEqual(sums.get(day), JSON.parse(JSON.stringify(kept)), day);
  }
}

/** Something that happens to an invitation and changes figures. */
function anyChange({ pick, next }: Random): (is: Invitation) => Partial<Invitation> {
  const value = 1 + Math.floor(next() * 5);
  return is => {
    if (is.answer === null) {
      if (next() < 0.2) return { undeliverableAt: '2026-03-03T10:00:00.000Z' };
      const answeredDay = pick(days.filter(day => day >= is.invitedDay));
      return { answer: answer(value, { answeredDay, suspect: next() < 0.3 }) };
    }
    const again = { ...is.answer, changes: is.answer.changes + 1 };
    if (is.answer.suspect && next() < 0.5) return { answer: { ...again, suspect: false } };
    return { answer: { ...again, answers: answer(value).answers } };
  };
}

test('after any order of changes and counts the sums are those of what there is', async () => {
  for (const seed of [1, 2, 3]) {
    const random = randomFrom(seed);
    const serviceId = `order-${seed}` as ServiceId;
    const all: Invitation[] = [];
    for (let step = 0; step < 40; step += 1) {
      const chance = random.next();
      if (chance < 0.4 || all.length === 0) {
        all.push(
          await invite({
            attendanceId: `${serviceId} ${step}`,
            serviceId,
            groupId: random.pick(['n1', null]),
            agentId: random.pick(['ana', 'rui']),
            invitedDay: random.pick(days),
            suppressed: random.pick([null, null, 'automatic']),
          }),
        );
      } else if (chance < 0.8) {
        const one = random.pick(all);
        if (one.suppressed === null) await change(one, anyChange(random));
      } else await countLeft({ database }, random.pick([now, later]));
    }
    await countLeft({ database }, later);
    assert.deepEqual(await marks(), []);
    await assertSums(serviceId, all);
  }
});

test('many who count while answers come leave no sum that lacks one', async () => {
  const serviceId = 'crowd' as ServiceId;
  const random = randomFrom(7);
  const all: Invitation[] = [];
  for (let n = 0; n < 10; n += 1)
    all.push(await invite({ attendanceId: `crowd ${n}`, serviceId, invitedDay: random.pick(days) }));
  const answers = all.map(async one => {
    await change(one, anyChange(random));
    await change(one, anyChange(random));
  });
  const counts = Array.from({ length: 4 }, (_, n) =>
    countLeft({ database: n % 2 ? database : other.database }, later),
  );
  await Promise.all([...answers, ...counts]);
  await until('all to be counted', async () => {
    await countLeft({ database }, later);
    return (await marks()).length === 0;
  });
  await assertSums(serviceId, all);
});

test('who read a day before a change does not write it after who counted the change', async () => {
  const serviceId = 'slow' as ServiceId;
  const one = await invite({ attendanceId: 'slow 1', serviceId });
  await countLeft({ database }, later);
  const two = await invite({ attendanceId: 'slow 2', serviceId });
  const { promise, resolve } = Promise.withResolvers<void>();
  faults.add({ on: 'replace surveys', action: 'delay', until: promise, times: 1 });
  const slow = countLeft({ database: other.database }, later);
  await until('the slow one to be about to write', () => faults.list().length === 0);
  await change(one, () => ({ answer: answer(5) }));
  assert.equal(await countLeft({ database }, later), 2);
  resolve();
  await slow;
  await assertSums(serviceId, [one, two]);
  assert.deepEqual(await marks(), []);
});

test('an invitation that is changed while it is counted keeps its mark', async () => {
  const serviceId = 'kept' as ServiceId;
  const one = await invite({ attendanceId: 'kept 1', serviceId });
  const { promise, resolve } = Promise.withResolvers<void>();
  faults.add({ on: 'create surveys', action: 'delay', until: promise, times: 1 });
  const counting = countLeft({ database: other.database }, later);
  await until('it to be about to write', () => faults.list().length === 0);
  await change(one, () => ({ answer: answer(1) }));
  resolve();
  assert.equal(await counting, 0);
  assert.equal((await marks()).length, 1);
  assert.equal(await countLeft({ database }, later), 1);
  await assertSums(serviceId, [one]);
});

test('a replica that lags behind costs a count and loses nothing', async () => {
  const serviceId = 'lag' as ServiceId;
  const one = await invite({ attendanceId: 'lag 1', serviceId });
  await countSoon({ database }, [serviceId], march, now);
  await assertSums(serviceId, [one]);
  // Too young to be certain that everybody sees it.
  assert.equal((await marks()).length, 1);
  const two = await invite({ attendanceId: 'lag 2', serviceId });
  faults.add({ on: 'query', action: 'stale', delayMs: 50_000 });
  await countSoon({ database: other.database }, [serviceId], march, now);
  faults.clear();
  assert.equal((await marks()).length, 2);
  assert.equal(await countLeft({ database }, later), 2);
  await assertSums(serviceId, [one, two]);
});

test('a crash between sums and marks, or in between sums, only repeats', async () => {
  const serviceId = 'crash' as ServiceId;
  const one = await invite({ attendanceId: 'crash 1', serviceId });
  await change(one, () => ({ answer: answer(3) }));
  for (const on of ['create surveys', 'patch surveys']) {
    faults.add({ on, action: 'refuse' });
    await assert.rejects(countLeft({ database }, later), { code: 'dependency_unavailable' });
    faults.clear();
    assert.equal((await marks()).length, 1);
  }
  assert.equal(await countLeft({ database }, later), 1);
  await assertSums(serviceId, [one]);
});

test('who waits for results has the newest days counted, and is told of the rest', async () => {
  const serviceId = 'many' as ServiceId;
  for (let n = 1; n <= 9; n += 1)
    await invite({ attendanceId: `many ${n}`, serviceId, invitedDay: `2026-03-1${n}` });
  assert.equal(await countSoon({ database }, [serviceId], march, later), 3);
  assert.deepEqual([...(await sumsOf(serviceId)).keys()].toSorted().at(0), '2026-03-14');
  assert.equal(await countSoon({ database }, [serviceId], march, later), 0);
  assert.equal(await countSoon({ database }, ['none' as ServiceId], march, later), 0);
});

test('a day that is larger than an item may be stays to be counted, is told, and keeps no other day waiting', async () => {
  const serviceId = 'large' as ServiceId;
  // No platform names its agents so; as many agents as that takes would only be slower to write.
  for (let n = 0; n < 44; n += 1)
    await invite({
      serviceId,
      attendanceId: `large ${n}`,
      agentId: `${n} ${'a'.repeat(50_000)}`,
      invitedDay: days[0]!,
    });
  await invite({ serviceId, attendanceId: 'small', invitedDay: days[1]! });
  const refused: unknown[] = [];
  const tell = createLog((_level, line) => {
    const { event, serviceId: of, day, code } = JSON.parse(line);
    if (event === 'sums-refused') refused.push([of, day, code]);
  });
  await countLeft({ database }, { ...later, log: tell });
  assert.deepEqual(
    [...new Set(refused.map(each => JSON.stringify(each)))],
    [JSON.stringify([serviceId, days[0], 'too_large'])],
  );
  assert.deepEqual([...(await sumsOf(serviceId)).keys()], [days[1]]);
  assert.equal((await marks()).filter(mark => mark.serviceId === serviceId).length, 44);
  assert.equal(await countSoon({ database }, [serviceId], march, now), 44);
});
