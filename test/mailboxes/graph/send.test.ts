// Sending over Microsoft Graph: what arrives, and what Graph refuses, told by its stand-in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simpleParser } from 'mailparser';
import { sendGraph } from '../../../shared/mailboxes/graph/send.ts';
import { testConnection } from '../../../shared/mailboxes/probe/test-connection.ts';
import { composeMail } from '../../../shared/mime/compose.ts';
import { useGraph } from '../../local/graph-support.ts';
import { clock } from '../../support/clock.ts';
import { graphMailbox, graphSubject, withTokens } from '../../support/graph-mailbox.ts';
import { limitsFor } from '../../support/imap-subject.ts';
import { patience } from '../../support/until.ts';

const graph = await useGraph();
const from = 'suporte@contoso.example';
const ana = 'ana@contoso.example';
graph.addMailbox(from);
graph.addMailbox(ana);
graph.createFolder(from, 'Processados');

const rawOf = (to: string, sender = from) =>
  composeMail({
    from: { name: 'Suporte', address: sender },
    to: { name: 'Ana', address: to },
    subject: 'Re: Pedido',
    date: new Date('2026-03-02T18:00:00Z'),
    messageId: '<abc.survey@contoso.example>',
    inReplyTo: '<2@cliente.example>',
    references: [],
    text: 'Como foi?',
    html: '<p>Como foi?</p>',
  });

async function send(
  token: string,
  {
    to = ana,
    sender = from,
    flow = 'clientCredentials' as const,
    raw = undefined as Buffer | undefined,
  } = {},
) {
  const outbound = { mailbox: graphMailbox(from, { flow }), credential: withTokens(token), clock };
  const mail = { from, to, raw: raw ?? (await rawOf(to, sender)) };
  const allowances = { ...limitsFor(), graphUrl: graph.origin };
  const [result] = await Promise.allSettled([sendGraph(outbound, mail, allowances, patience())]);
  return result.status === 'fulfilled' ? 'sent' : result.reason;
}

const sendingToken = () => graph.appToken({ roles: ['Mail.ReadWrite', 'Mail.Send'] });

test('an app with Mail.Send sends, as it was written', async () => {
  assert.equal(await send(await sendingToken()), 'sent');
  const [arrived] = graph.list(ana, 'inbox');
  const mail = await simpleParser(arrived!.raw!);
  assert.deepEqual(
    [mail.messageId, mail.inReplyTo, mail.headers.get('auto-submitted')],
    ['<abc.survey@contoso.example>', '<2@cliente.example>', 'auto-generated'],
  );
  assert.equal(graph.list(from, 'sentitems').length, 1);
});

test('one without it is told which permission is missing', async () => {
  const error = await send(await graph.appToken());
  assert.equal(error.code, 'permission_missing');
  assert.match(error.message, /ErrorAccessDenied/);
  assert.match(error.cure, /Application Mail\.Send/);
});

test('an address that is not of the mailbox, one that is none, and a mail too large', async () => {
  const token = await sendingToken();
  assert.equal((await send(token, { sender: ana })).code, 'permission_missing');
  assert.equal((await send(token, { to: 'ninguem' })).code, 'recipient_refused');
  assert.equal((await send(token, { raw: Buffer.alloc(4 * 1024 * 1024, 'x') })).code, 'mail_refused');
});

test('a person sends as a mailbox that let them, and not as another', async () => {
  const scp = 'Mail.ReadWrite.Shared Mail.Send Mail.Send.Shared';
  const token = await graph.personToken(ana, { scp });
  const flow = 'authorizationCode' as never;
  graph.share(from, ana);
  const error = await send(token, { flow });
  assert.equal(error.code, 'permission_missing');
  assert.match(error.cure, /SendAs/);
  graph.allowSendAs(from, ana);
  assert.equal(await send(token, { flow }), 'sent');
});

test('a busy service is asked once, and later again', async () => {
  graph.faults.add({ on: `POST sendMail ${from}`, action: 'throttle', delayMs: 30_000 });
  const error = await send(await sendingToken());
  assert.deepEqual([error.code, error.retryAfterMs], ['mailbox_throttled', 30_000]);
});

test('the connection test reads from the token whether mail may be sent', async () => {
  const step = async (
    token: string,
    flow: 'clientCredentials' | 'authorizationCode' = 'clientCredentials',
  ) => {
    const credential = withTokens(token, token);
    const subject = graphSubject(graph.origin, graphMailbox(from, { flow }), credential, {
      outgoing: credential,
    });
    const { step, outcome, code } = (await testConnection(subject)).steps.at(-1)!;
    return [step, outcome, code];
  };
  assert.deepEqual(await step(await sendingToken()), ['outgoing', 'ok', undefined]);
  assert.deepEqual(await step(await graph.appToken()), ['outgoing', 'warning', undefined]);
  const scp = 'Mail.ReadWrite Mail.ReadWrite.Shared';
  const person = await graph.personToken(from, { scp });
  assert.deepEqual(await step(person, 'authorizationCode'), ['outgoing', 'failed', 'consent_required']);
  const consented = await graph.personToken(from, { scp: `${scp} Mail.Send` });
  assert.deepEqual(await step(consented, 'authorizationCode'), ['outgoing', 'ok', undefined]);
});
