// Invitations that the mailbox of a service sends: what arrives, what waits, what comes back, and what dies in between.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { simpleParser } from 'mailparser';
import { startExim } from '../../local/mail/exim.ts';
import { findInvitation, replaceInvitation } from '../../shared/azure/surveys-store.ts';
import type { Invitation } from '../../shared/domain/survey/invitation.ts';
import { claimed } from '../../shared/domain/survey/sending.ts';
import { followUpLeft, followUpSoon } from '../../shared/flows/surveys/follow-up.ts';
import { inviteCustomer } from '../../shared/flows/surveys/invite.ts';
import { inMinutes, MINUTE_MS, useSending } from '../support/sending.ts';
import { until } from '../support/until.ts';

const sending = await useSending();
const { room, exim, later, lines, log, clients, serviceWith, invited, read, attempt, arrived } = sending;
const { dovecot } = room;
const stateOf = async (one: Invitation) => {
  const { sending } = await read(one);
  return [sending?.state, sending?.code, sending?.attempts];
};

describe('an invitation sent by the mailbox', { skip: exim.skip }, () => {
  test('arrives in the conversation that it ends, and leaves no trace of whom it went to', async () => {
    const { id, mailbox } = await serviceWith();
    const recipient = await exim.newRecipient();
    const asked = `From: Ana <${recipient.user}>\r\nTo: ${mailbox.user}\r\nSubject: Pedido =?utf-8?q?n=C3=A3o?= chegou\r\nMessage-ID: <2@cliente.example>\r\nReferences: <1@cliente.example>\r\n\r\nOnde?\r\n`;
    await mailbox.deliver('INBOX', asked);
    await room.fetch(id);
    const { json } = await room.call('GET', `/api/mails?serviceId=${id}`);
    const made = await invited(id, mailbox, recipient.user, json.items[0].id);
    await followUpSoon(await clients(), made, { clock: () => new Date(), log });
    const mail = await simpleParser((await arrived(recipient))[0]!);
    assert.deepEqual(
      [mail.messageId, mail.inReplyTo, mail.references, mail.subject],
      [
        `<${made.value.invitationId}.survey@cliente.example>`,
        '<2@cliente.example>',
        ['<1@cliente.example>', '<2@cliente.example>'],
        'Re: Pedido não chegou',
      ],
    );
    assert.equal(mail.from?.value[0]?.address, mailbox.user);
    assert.match(mail.text ?? '', new RegExp(`https://atendimento.example/s/${made.value.invitationId}`));
    const after = await until('it to be noted', async () => {
      const now = await read(made.value);
      return now.sending?.state === 'sent' && now;
    });
    assert.doesNotMatch(JSON.stringify(after), /recipient|cliente\.example"|ana-/);
    assert.deepEqual([after.sending?.attempts, after.untold], [1, undefined]);
  });

  test('is what a closed attendance comes to where the mailbox sends; without an address nobody is asked', async () => {
    const { id } = await serviceWith();
    const recipient = await exim.newRecipient();
    const closed = (attendanceId: string, address: string | null) => ({
      attendanceId,
      serviceId: id,
      mailKey: null,
      customer: { address, name: 'Ana', language: 'en' },
      agentId: null,
      groupId: null,
      closedAt: new Date().toISOString(),
    });
    const context = { now: new Date(), clock: () => new Date(), log };
    const { invitation } = await inviteCustomer(
      await clients(),
      closed(`closed-${id}`, recipient.user),
      context,
    );
    const mail = await simpleParser((await arrived(recipient))[0]!);
    assert.match(mail.text ?? '', new RegExp(`Hello Ana,[^]*/s/${invitation.invitationId}`));
    const nobody = await inviteCustomer(await clients(), closed(`nobody-${id}`, null), context);
    assert.equal(nobody.invitation.suppressed, 'no_address');
    assert.ok(nobody.invitation.kind === 'invitation' && nobody.invitation.sending === undefined);
  });

  test('waits for a server that greylists, longer each time, and is sent once', async () => {
    const { id, mailbox } = await serviceWith();
    const recipient = await exim.newRecipient();
    const { value } = await invited(id, mailbox, recipient.user);
    await exim.defer(recipient.user);
    await attempt(value);
    assert.deepEqual(await stateOf(value), ['waiting', 'sending_deferred', 1]);
    const first = Date.parse((await read(value)).sending?.notBefore ?? '');
    await attempt(value, new Date(first - 1_000));
    assert.deepEqual(await stateOf(value), ['waiting', 'sending_deferred', 1]);
    await attempt(value, new Date(first));
    const second = Date.parse((await read(value)).sending?.notBefore ?? '');
    assert.deepEqual(
      [second - first, await stateOf(value)],
      [10 * MINUTE_MS, ['waiting', 'sending_deferred', 2]],
    );
    await exim.defer();
    await attempt(value, new Date(second));
    assert.deepEqual(await stateOf(value), ['sent', undefined, 3]);
    assert.equal((await arrived(recipient)).length, 1);
  });

  test('that is refused for ever is undeliverable, counted anew, and keeps no address', async () => {
    const { id, mailbox } = await serviceWith();
    const { value } = await invited(id, mailbox, 'ninguem@cliente.example');
    await exim.refuse('ninguem@cliente.example');
    await attempt(value);
    const after = await read(value);
    assert.deepEqual(await stateOf(value), ['undeliverable', 'recipient_refused', 1]);
    assert.equal(after.sending?.recipient, undefined);
    assert.notEqual(after.uncountedSince, undefined);
  });

  test('that nobody took until it expired is undeliverable', async () => {
    const { id, mailbox } = await serviceWith();
    const { value } = await invited(id, mailbox, 'tarde@cliente.example');
    await attempt(value, new Date(value.expiresAt));
    assert.deepEqual(await stateOf(value), ['undeliverable', 'sending_deferred', 0]);
  });

  test('comes back as a report later: it becomes undeliverable, and its mail enters as any other', async () => {
    const { id, mailbox } = await serviceWith();
    const { value } = await invited(id, mailbox, 'mudou@cliente.example');
    await attempt(value);
    assert.deepEqual(await stateOf(value), ['sent', undefined, 1]);
    await arrived(mailbox);
    await room.fetch(id);
    assert.deepEqual(await stateOf(value), ['undeliverable', 'recipient_refused', 1]);
    const [event] = await room.received(id, 'mail.received', 1);
    assert.match(JSON.stringify(event), /"bounce":\{/);
  });

  test('waits for a server that is down for an hour, which the status says apart from reading', async () => {
    const { id, mailbox } = await serviceWith(later.submission);
    const recipient = await exim.newRecipient();
    const one = (await invited(id, mailbox, recipient.user)).value;
    const other = (await invited(id, mailbox, recipient.user)).value;
    await room.fetch(id);
    await attempt(one);
    await attempt(other);
    assert.deepEqual(await stateOf(one), ['waiting', 'connection_refused', 1]);
    // The second is not even tried: it would fail like the first.
    assert.deepEqual(await stateOf(other), ['waiting', 'connection_refused', 0]);
    const status = async () => (await room.call('GET', `/api/services/${id}/status`)).json;
    const { sending, lastError, state } = await status();
    await room.fetch(id);
    assert.deepEqual([sending.code, lastError, state], ['connection_refused', null, 'healthy']);
    for (const minutes of [2, 5, 11, 25, 45]) await attempt(one, inMinutes(minutes));
    assert.equal((await status()).sending.since, sending.since);
    const tls = dovecot.authority;
    const server = await startExim({
      dir: `${dovecot.mailDir}/../../late`,
      mailDir: dovecot.mailDir,
      tls,
      ports: later,
    });
    after(server.close);
    await server.addLogin(mailbox.user, mailbox.password);
    for (const each of [one, other]) await attempt(each, inMinutes(120));
    assert.deepEqual([(await stateOf(one))[0], (await stateOf(other))[0]], ['sent', 'sent']);
    assert.equal((await arrived(recipient, 2)).length, 2);
    assert.equal((await status()).sending, null);
  });

  test('whose worker died before it was sent is sent by the next, when the claim has ended', async () => {
    const { id, mailbox } = await serviceWith();
    const recipient = await exim.newRecipient();
    const { value, etag } = await invited(id, mailbox, recipient.user);
    const dead = { ...value, sending: claimed(value.sending!, 'dead', new Date()) };
    await replaceInvitation((await clients()).database.surveys, dead, etag);
    await attempt(value);
    assert.deepEqual(await recipient.list('INBOX'), []);
    await attempt(value, inMinutes(11));
    assert.deepEqual(await stateOf(value), ['sent', undefined, 2]);
  });

  test('whose worker died before it noted that is sent again, the very same', async () => {
    const { id, mailbox } = await serviceWith();
    const recipient = await exim.newRecipient();
    const { value } = await invited(id, mailbox, recipient.user);
    await attempt(value);
    const sent = await findInvitation((await clients()).database.surveys, value.invitationId);
    const dead = { ...value, sending: claimed(value.sending!, 'dead', new Date()) };
    await replaceInvitation((await clients()).database.surveys, dead, sent!.etag);
    await attempt(value, inMinutes(11));
    const [first, second] = (await arrived(recipient, 2)).map(raw =>
      raw.toString().replace(/^[\s\S]*?(?=From:)/, ''),
    );
    assert.equal(first, second);
  });

  test('that two workers take at once goes once, and one whose message was lost is asked for again', async () => {
    const { id, mailbox } = await serviceWith();
    const recipient = await exim.newRecipient();
    const { value } = await invited(id, mailbox, recipient.user);
    await Promise.all([attempt(value), attempt(value), attempt(value)]);
    assert.equal((await arrived(recipient)).length, 1);
    const lost = (await invited(id, mailbox, recipient.user)).value;
    const { value: kept, etag } = (await findInvitation(
      (
        await clients()
      ).database.surveys,
      lost.invitationId,
    ))!;
    const { untold: _untold, untoldSince: _since, ...silent } = kept as Invitation;
    await replaceInvitation((await clients()).database.surveys, silent as Invitation, etag);
    await followUpLeft(await clients(), { clock: () => inMinutes(61), log });
    await until('it to be sent', async () => (await stateOf(lost))[0] === 'sent');
    assert.deepEqual(
      lines.filter(line => line.includes('cliente.example')),
      [],
    );
  });
});
