// A worker that dies between any two steps of sending an invitation: it goes once at least, is the same mail, and is noted once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Invitation } from '../../shared/domain/survey/invitation.ts';
import { requestSending } from '../../shared/flows/surveys/request-sending.ts';
import type { TestMailbox } from '../support/dovecot.ts';
import { inMinutes, useSending } from '../support/sending.ts';
import { watchSteps } from '../support/steps.ts';
import { until } from '../support/until.ts';

// Only what the test asks for is a step: no timer is at work beside it.
const timers = ['follow-up-surveys', 'follow-up-orders', 'count-surveys', 'forget-mails', 'finish-stored'];
const sending = await useSending(
  Object.fromEntries(timers.map(name => [`AzureWebJobs.${name}.Disabled`, 'true'])),
);
const { room, exim, clients, serviceWith, invited, read, attempt, arrived } = sending;
const steps = watchSteps(room.stack);

const ask = async (one: Invitation) => requestSending((await clients()).bus, [one]);

/** Its claim is written, and then what came of it. */
const isOver = (all: string[]) => all.filter(step => step === 'batch surveys').length === 2;

/** How often it arrived, and under how many Message-IDs. */
async function mailsOf(recipient: TestMailbox): Promise<[number, number]> {
  const mails = (await arrived(recipient)).map(raw => /^Message-ID: (.*)$/im.exec(raw.toString())?.[1]);
  return [mails.length, new Set(mails).size];
}

describe('after the death of its worker between any two steps of sending', { skip: exim.skip }, () => {
  for (const [what, isLate] of [
    ['which the database still took', false],
    ['which never came to the database in time', true],
  ] as const) {
    test(`at one ${what}, an invitation is sent, and noted so`, async t => {
      const { id, mailbox } = await serviceWith();
      const watched = (await invited(id, mailbox, (await exim.newRecipient()).user)).value;
      const all = (await steps.watch(() => ask(watched), isOver)).filter(step => !step.startsWith('send '));
      t.diagnostic(all.join(', '));
      const released = Promise.withResolvers<void>();
      const done: { one: Invitation; recipient: TestMailbox; isNoting: boolean }[] = [];
      for (const [index, step] of all.entries()) {
        const recipient = await exim.newRecipient();
        const one = (await invited(id, mailbox, recipient.user)).value;
        const count = all.slice(0, index + 1).filter(name => name === step).length;
        const held = steps.hold(step, count, released.promise);
        await ask(one);
        await held;
        done.push({ one, recipient, isNoting: index === all.length - 1 });
      }
      await room.worker().kill();
      if (!isLate) {
        released.resolve();
        await until('the last note', async () => (await read(done.at(-1)!.one)).sending?.state === 'sent');
      }
      for (const { one } of done)
        await until('it to be sent', async () => {
          await attempt(one, inMinutes(11));
          return (await read(one)).sending?.state === 'sent';
        });
      released.resolve();
      await room.restart();
      for (const { one, recipient, isNoting } of done) {
        assert.deepEqual(await mailsOf(recipient), [isNoting && isLate ? 2 : 1, 1]);
        const { state, recipient: sealed, code, notBefore } = (await read(one)).sending!;
        assert.deepEqual([state, sealed, code, notBefore], ['sent', undefined, undefined, undefined]);
      }
    });
  }
});
