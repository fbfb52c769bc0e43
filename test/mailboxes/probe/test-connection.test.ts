// The connection test over IMAP: every step tells what it found, and a failure where it is and what to do.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServerMailbox } from '../../../shared/domain/service/service.ts';
import type { Subject } from '../../../shared/mailboxes/probe/step.ts';
import { type StepReport, testConnection } from '../../../shared/mailboxes/probe/test-connection.ts';
import { localAuthority } from '../../support/authority.ts';
import { type TestMailbox, useDovecot } from '../../support/dovecot.ts';
import { limitsFor, settingsFor, subjectFor, withPassword } from '../../support/imap-subject.ts';
import { hangUp, type Script, silence, startScriptedImap } from '../../support/scripted-imap.ts';

const dovecot = await useDovecot();
const plainDovecot = await useDovecot({ withoutCapabilities: ['MOVE', 'UIDPLUS'] });
const authority = await localAuthority();
/** Signed nothing at all. */
const strangeAuthority = authority.certPem;

const outcomes = (steps: StepReport[]) =>
  Object.fromEntries(steps.map(({ step, outcome }) => [step, outcome]));
const found = (steps: StepReport[], name: string) => {
  const report = steps.find(({ step }) => step === name);
  assert.ok(report, `no step ${name}`);
  return report;
};

/** What a test reports of a server that keeps to a script, but for these settings. */
async function tried(script: Script, mailbox: Partial<ServerMailbox> = {}, subject: Partial<Subject> = {}) {
  const server = await startScriptedImap(script, mailbox.tls === 'implicit' ? authority : undefined);
  const report = await testConnection(subjectFor(settingsFor(server.port, mailbox), subject));
  const failed = report.steps.find(({ outcome }) => outcome === 'failed');
  return { ...report, failed, commands: server.commands };
}

function onDovecot(server: typeof dovecot, { user }: TestMailbox, changes: Partial<ServerMailbox> = {}) {
  return settingsFor(server.ports.imaps, {
    username: user,
    host: 'localhost',
    tls: 'implicit',
    caCertificate: server.authority.caPem,
    ...changes,
  });
}

describe('against Dovecot', { skip: dovecot.skip }, () => {
  test('all goes well, each step with its time, and no mail is touched', async () => {
    const mailbox = await dovecot.newMailbox('Lidos');
    const at = (day: string) => ({ receivedAt: new Date(`${day}T12:00:00Z`) });
    await mailbox.deliver('INBOX', 'Subject: before\r\n\r\n', at('2026-02-28'));
    await mailbox.deliver('INBOX', 'Subject: second\r\n\r\n', at('2026-03-05'));
    await mailbox.deliver('INBOX', 'Subject: first\r\n\r\n', at('2026-03-04'));
    const settings = onDovecot(dovecot, mailbox, { afterRead: { action: 'move', folder: 'Lidos' } });
    const { ok, steps, wouldRead, offers, durationMs } = await testConnection(
      subjectFor(settings, { credential: withPassword(mailbox.password) }),
    );
    assert.deepEqual(outcomes(steps), {
      resolve: 'ok',
      connect: 'ok',
      tls: 'ok',
      greeting: 'ok',
      login: 'ok',
      capabilities: 'ok',
      folder: 'ok',
      mails: 'ok',
      destination: 'ok',
      permission: 'ok',
    });
    assert.deepEqual([ok, offers], [true, null]);
    assert.deepEqual(wouldRead, { count: 2, oldest: '2026-03-04T12:00:00.000Z', exact: true });
    assert.ok(steps.every(step => step.durationMs >= 0 && step.durationMs <= durationMs));
    const { detail } = found(steps, 'tls');
    assert.match(String(detail?.protocol), /^TLSv1\.[23]$/);
    assert.ok(detail?.subject && detail.issuer && String(detail.names).includes('localhost'));
    assert.ok(Date.parse(String(detail.validUntil)) > Date.now());
    assert.deepEqual(found(steps, 'capabilities').detail?.MOVE, true);
    assert.match(found(steps, 'mails').message, /^2 mails would be read, the oldest of 2026-03-04T12/);
    const mails = await mailbox.list('INBOX');
    assert.deepEqual(
      mails.map(({ flags }) => flags.filter(flag => flag !== '\\Recent')),
      [[], [], []],
    );
  });

  test('mails that are in the ledger already are not counted', async () => {
    const mailbox = await dovecot.newMailbox();
    for (const subject of ['one', 'two']) await mailbox.deliver('INBOX', `Subject: ${subject}\r\n\r\n`);
    const { wouldRead } = await testConnection(
      subjectFor(onDovecot(dovecot, mailbox), {
        credential: withPassword(mailbox.password),
        finishedIn: () => id => id === '1',
      }),
    );
    assert.equal(wouldRead?.count, 1);
  });

  test('of very many mails the number is near, and the test still quick', async () => {
    const mailbox = await dovecot.newMailbox();
    for (let n = 0; n < 1001; n++) await mailbox.deliver('INBOX', 'Subject: one of many\r\n\r\n');
    const { ok, steps, wouldRead } = await testConnection(
      subjectFor(onDovecot(dovecot, mailbox), { credential: withPassword(mailbox.password) }),
    );
    assert.deepEqual([ok, wouldRead?.count, wouldRead?.exact], [true, 1001, false]);
    assert.match(found(steps, 'mails').message, /^About 1001 mails/);
  });

  test('what a server lacks is said with what it means', async () => {
    const mailbox = await plainDovecot.newMailbox('Lidos');
    const given = { credential: withPassword(mailbox.password) };
    const moving = onDovecot(plainDovecot, mailbox, { afterRead: { action: 'move', folder: 'Lidos' } });
    const { ok, steps } = await testConnection(subjectFor(moving, given));
    const deleting = await testConnection(subjectFor(onDovecot(plainDovecot, mailbox), given));
    assert.match(found(deleting.steps, 'capabilities').message, /^All goes well, but without UIDPLUS/);
    const { message, detail } = found(steps, 'capabilities');
    assert.equal(ok, true);
    assert.match(message, /without MOVE mail is copied and then deleted/);
    assert.deepEqual([detail?.MOVE, detail?.UIDPLUS], [false, false]);
  });

  test('with STARTTLS the greeting comes first, then TLS', async () => {
    const mailbox = await dovecot.newMailbox();
    const settings = onDovecot(dovecot, mailbox, { tls: 'starttls', port: dovecot.ports.imap });
    const { ok, steps } = await testConnection(
      subjectFor(settings, { credential: withPassword(mailbox.password) }),
    );
    assert.equal(ok, true);
    assert.deepEqual(
      steps.slice(1, 5).map(({ step }) => step),
      ['connect', 'greeting', 'tls', 'login'],
    );
    assert.match(String(found(steps, 'tls').detail?.protocol), /^TLSv1/);
  });

  test('a certificate that ends within 30 days is a warning, a day more is not', async () => {
    const mailbox = await dovecot.newMailbox();
    const given = { credential: withPassword(mailbox.password) };
    const first = await testConnection(subjectFor(onDovecot(dovecot, mailbox), given));
    const end = Date.parse(String(found(first.steps, 'tls').detail?.validUntil));
    const at = async (daysBefore: number) => {
      const clock = () => new Date(end - daysBefore * 86_400_000);
      const { ok, steps } = await testConnection(
        subjectFor(onDovecot(dovecot, mailbox), { ...given, clock }),
      );
      return [ok, found(steps, 'tls').outcome, found(steps, 'tls').cure !== undefined];
    };
    assert.deepEqual(await at(29.5), [true, 'warning', true]);
    assert.deepEqual(await at(30.5), [true, 'ok', false]);
  });

  test('a certificate of an unknown authority, or for another name, fails at TLS and says which', async () => {
    const mailbox = await dovecot.newMailbox();
    const publicOnly = onDovecot(dovecot, mailbox, { caCertificate: strangeAuthority });
    const unknown = await testConnection(
      subjectFor(publicOnly, { credential: withPassword(mailbox.password) }),
    );
    assert.deepEqual(
      [found(unknown.steps, 'tls').code, outcomes(unknown.steps).login],
      ['certificate_invalid', 'skipped'],
    );
    assert.match(found(unknown.steps, 'tls').message, /authority that is not known/);
    const named = onDovecot(dovecot, mailbox, { host: 'mail.empresa.com.br' });
    const lookup = async () => [{ address: '127.0.0.1' }];
    const other = await testConnection(
      subjectFor(named, { credential: withPassword(mailbox.password), lookup }),
    );
    assert.equal(found(other.steps, 'tls').code, 'certificate_invalid');
    assert.match(found(other.steps, 'tls').message, /issued to another host name/);
  });

  test('a wrong password fails at the login, and everything after it is skipped', async () => {
    const mailbox = await dovecot.newMailbox();
    const { ok, steps, wouldRead } = await testConnection(
      subjectFor(onDovecot(dovecot, mailbox), { credential: withPassword('wrong') }),
    );
    assert.deepEqual([ok, wouldRead], [false, null]);
    const { code, cure } = found(steps, 'login');
    assert.deepEqual([code, /app password/.test(cure ?? '')], ['login_refused', true]);
    assert.deepEqual(
      steps.slice(5).map(({ outcome }) => outcome),
      ['skipped', 'skipped', 'skipped', 'skipped', 'skipped'],
    );
    assert.match(found(steps, 'mails').message, /because the step "login" failed/);
  });

  test('a missing folder is named', async () => {
    const mailbox = await dovecot.newMailbox();
    const settings = onDovecot(dovecot, mailbox, { folder: 'Suporte' });
    const { steps } = await testConnection(
      subjectFor(settings, { credential: withPassword(mailbox.password) }),
    );
    assert.equal(found(steps, 'folder').code, 'folder_missing');
    assert.match(found(steps, 'folder').message, /"Suporte"/);
  });

  test('a missing destination is offered to be created, and created only when that is asked for', async () => {
    const mailbox = await dovecot.newMailbox();
    const folder = 'Concluídos & lidos';
    const settings = onDovecot(dovecot, mailbox, { afterRead: { action: 'move', folder } });
    const given = { credential: withPassword(mailbox.password) };
    for (let time = 0; time < 2; time++) {
      const { ok, steps, offers, wouldRead } = await testConnection(subjectFor(settings, given));
      assert.deepEqual([ok, offers, wouldRead?.count], [false, { createFolder: folder }, 0]);
      assert.equal(found(steps, 'destination').code, 'destination_missing');
      assert.match(found(steps, 'destination').cure ?? '', /"createFolder": true/);
    }
    const created = await testConnection(subjectFor(settings, { ...given, createFolder: true }));
    assert.deepEqual([created.ok, created.offers], [true, null]);
    assert.deepEqual(found(created.steps, 'destination').detail, { created: true });
    assert.deepEqual(await mailbox.list(folder), []);
    const again = await testConnection(subjectFor(settings, { ...given, createFolder: true }));
    assert.match(found(again.steps, 'destination').message, /is there/);
  });
});

describe('hosts', { concurrency: true }, () => {
  test('a name of a private address is refused as one that is not there, whatever listens at it', async () => {
    const server = await startScriptedImap({});
    const missing = async () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }));
    const inside = async () => [{ address: '10.1.2.3' }, { address: '127.0.0.1' }];
    const refusals = await Promise.all(
      (
        [
          [server.port, inside],
          [993, inside],
          [993, missing],
        ] as const
      ).map(async ([port, lookup]) => {
        const allowances = { ...limitsFor(server.port), allowPrivateHosts: false };
        const settings = settingsFor(port, { host: 'intranet.empresa.com.br' });
        const { steps, ...rest } = await testConnection(subjectFor(settings, { allowances, lookup }));
        const [{ durationMs: _, ...first } = steps[0]!] = steps;
        return { first, rest: { ...rest, durationMs: 0 }, last: outcomes(steps).permission };
      }),
    );
    assert.deepEqual(refusals[1], refusals[0]);
    assert.deepEqual(refusals[2], refusals[0]);
    assert.deepEqual(refusals[0]?.first, {
      step: 'resolve',
      outcome: 'failed',
      code: 'host_unknown',
      message: 'The host intranet.empresa.com.br cannot be found on the public internet.',
      cure: 'Check mailbox.host for a typing error, and that the name is in the public DNS; for servers of your own network the operator sets MAIL_ALLOW_PRIVATE_HOSTS=true.',
    });
    assert.deepEqual(server.commands, []);
  });

  test('a name that the DNS never answers for is given up in time', async () => {
    const lookup = () => new Promise<never>(() => {});
    const { steps } = await testConnection(
      subjectFor(settingsFor(993, { host: 'mail.example' }), { lookup }),
    );
    assert.equal(found(steps, 'resolve').code, 'mailbox_timeout');
  });
});

/** How long a step was waited for, by its own account: what the machine did besides is not the server's. */
function waitedSeconds(failed: { message: string } | undefined): number {
  return Number(/\((\d+\.\d) s\)$/.exec(failed?.message ?? '')?.[1] ?? assert.fail(failed?.message));
}

describe('against servers as they are', { concurrency: true }, () => {
  test('one with no extension at all is read, moved from, and told what it lacks', async () => {
    const { ok, steps } = await tried({}, { afterRead: { action: 'move', folder: 'Lidos' } });
    assert.equal(ok, true, JSON.stringify(steps));
    assert.equal(found(steps, 'tls').outcome, 'warning');
    assert.match(found(steps, 'capabilities').message, /without MOVE .*without UIDPLUS .*without ACL/);
  });

  test('one that says nothing at all is reported as silent, well within ten seconds', async () => {
    for (const tls of ['none', 'starttls'] as const) {
      const { failed, steps } = await tried({ greeting: silence }, { tls });
      assert.deepEqual([failed?.step, failed?.code], ['greeting', 'mailbox_timeout']);
      assert.match(failed?.message ?? '', /stays silent/);
      assert.match(failed?.cure ?? '', /implicit/);
      assert.ok(waitedSeconds(failed) < 5);
      assert.equal(outcomes(steps).login, 'skipped');
    }
  });

  test('one that falls silent later is reported at that step', async () => {
    for (const [command, step] of [
      ['SELECT', 'folder'],
      ['UID SEARCH', 'mails'],
      ['STATUS', 'destination'],
    ] as const) {
      const { failed } = await tried(
        { [command]: silence },
        { afterRead: { action: 'move', folder: 'Lidos' } },
      );
      assert.deepEqual([failed?.step, failed?.code], [step, 'mailbox_timeout']);
      assert.ok(waitedSeconds(failed) < 10);
    }
  });

  test('one that takes its time everywhere is given up before ten seconds', async () => {
    const slowly = (answer: string, ms: number) => () => [{ afterMs: ms }, answer] as const;
    const { failed } = await tried({
      greeting: slowly('* OK ready', 2300),
      LOGIN: slowly('TAG OK in', 4000),
      SELECT: slowly('* OK [UIDVALIDITY 7] v\r\n* 0 EXISTS\r\nTAG OK done', 1700),
      'UID SEARCH': slowly('* SEARCH\r\nTAG OK done', 3000),
    });
    assert.deepEqual([failed?.step, failed?.code], ['mails', 'mailbox_timeout']);
    assert.match(failed?.message ?? '', /no time is left/);
    // 8 s were the server's, of the 9.5 that a test has.
    assert.ok(waitedSeconds(failed) <= 1.5);
  });

  test('STARTTLS that is not offered, refused, or made impossible by PREAUTH is a failure, and no password is sent', async () => {
    for (const script of [
      {},
      {
        CAPABILITY: '* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK done',
        STARTTLS: 'TAG NO not today',
      },
      { greeting: '* PREAUTH welcome' },
    ]) {
      const { failed, commands } = await tried(script, { tls: 'starttls' });
      assert.deepEqual([failed?.step, failed?.code], ['tls', 'tls_failed'], JSON.stringify(failed));
      assert.ok(!commands.some(command => /LOGIN|AUTHENTICATE|secret/.test(command)), commands.join());
    }
  });

  test('TLS from the start, of a server that does not know of it', async () => {
    const server = await startScriptedImap({});
    const { steps } = await testConnection(subjectFor(settingsFor(server.port, { tls: 'implicit' })));
    assert.equal(found(steps, 'tls').code, 'tls_failed');
    const mute = await startScriptedImap({ greeting: hangUp });
    const hungUp = await testConnection(subjectFor(settingsFor(mute.port, { tls: 'implicit' })));
    assert.deepEqual(
      [found(hungUp.steps, 'tls').code, found(hungUp.steps, 'connect').outcome],
      ['tls_failed', 'ok'],
    );
  });

  test('a port where nobody listens fails at connect', async () => {
    const { steps } = await testConnection(subjectFor(settingsFor(9)));
    assert.deepEqual(
      [found(steps, 'connect').code, found(steps, 'resolve').outcome],
      ['connection_refused', 'ok'],
    );
  });

  test('what a server says of itself decides the code', async () => {
    const cases: [Script, string, string][] = [
      [{ LOGIN: 'TAG NO [AUTHENTICATIONFAILED] Invalid credentials' }, 'login', 'login_refused'],
      [{ LOGIN: 'TAG NO [UNAVAILABLE] Temporary failure' }, 'login', 'login_unavailable'],
      [{ LOGIN: 'TAG NO [LIMIT] Too many connections' }, 'login', 'mailbox_throttled'],
      [{ LOGIN: 'TAG NO [THROTTLED] Slow down' }, 'login', 'mailbox_throttled'],
      [{ LOGIN: 'TAG NO [INUSE] Locked' }, 'login', 'mailbox_busy'],
      [{ LOGIN: '* BYE Too many simultaneous connections' }, 'login', 'mailbox_throttled'],
      [{ greeting: '* BYE Server unavailable' }, 'greeting', 'connection_lost'],
      [{ greeting: hangUp }, 'greeting', 'connection_lost'],
      [{ SELECT: 'TAG NO [LIMIT] Not now' }, 'folder', 'mailbox_throttled'],
      [{ SELECT: 'TAG NO [NOPERM] Permission denied' }, 'folder', 'folder_missing'],
      [
        { SELECT: 'TAG BAD Request is throttled. Suggested Backoff Time: 100 milliseconds' },
        'folder',
        'mailbox_throttled',
      ],
    ];
    for (const [script, step, code] of cases) {
      const { failed } = await tried(script);
      assert.deepEqual([failed?.step, failed?.code], [step, code], JSON.stringify([script, failed]));
      assert.ok(failed?.cure, JSON.stringify(script));
    }
  });

  test('the words of a server are passed on, but not too many of them', async () => {
    const { failed } = await tried({ LOGIN: `TAG NO [AUTHENTICATIONFAILED] ${'no '.repeat(500)}` });
    assert.match(failed?.message ?? '', /The server said: no no/);
    assert.ok((failed?.message.length ?? 0) < 300);
  });

  test('a folder that may only be read, or in which nothing can be marked deleted, fails at the permission', async () => {
    for (const SELECT of [
      '* 0 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\nTAG OK [READ-ONLY] selected',
      '* 0 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [PERMANENTFLAGS (\\Seen)] k\r\nTAG OK [READ-WRITE] selected',
    ]) {
      const { failed } = await tried({ SELECT });
      assert.deepEqual([failed?.step, failed?.code], ['permission', 'disposal_refused']);
    }
  });

  test('access control lists are asked, of old servers and new ones, and a missing right is named', async () => {
    const withRights = (inbox: string, done: string): Script => ({
      CAPABILITY: '* CAPABILITY IMAP4rev1 ACL\r\nTAG OK done',
      'LIST "" "*"': '* LIST () "/" INBOX\r\n* LIST () "/" "Conclu&AO0-dos"\r\nTAG OK done',
      'MYRIGHTS "INBOX"': `* MYRIGHTS INBOX ${inbox}\r\nTAG OK done`,
      'MYRIGHTS "Conclu&AO0-dos"': `* MYRIGHTS "Conclu&AO0-dos" ${done}\r\nTAG OK done`,
    });
    const moving = { afterRead: { action: 'move', folder: 'Concluídos' } } as const;
    for (const [inbox, done] of [
      ['lrswite', 'lri'],
      ['lrswid', 'i'],
    ] as const) {
      const { ok, commands } = await tried(withRights(inbox, done), moving);
      assert.equal(ok, true);
      assert.ok(commands.includes('MYRIGHTS "Conclu&AO0-dos"'));
    }
    for (const [inbox, done, said] of [
      ['lrswie', 'lri', /may not mark mail as deleted in the folder "INBOX"/],
      ['lrswit', 'lri', /may not expunge mail in the folder "INBOX"/],
      ['lrswite', 'lr', /may not put mail in the folder "Concluídos"/],
    ] as const) {
      const { failed } = await tried(withRights(inbox, done), moving);
      assert.deepEqual([failed?.step, failed?.code], ['permission', 'disposal_refused']);
      assert.match(failed?.message ?? '', said);
      assert.ok(failed?.cure);
    }
    const refused = await tried(
      { ...withRights('', ''), MYRIGHTS: 'TAG NO', 'MYRIGHTS "INBOX"': 'TAG NO what' },
      {},
    );
    assert.equal(refused.ok, true);
  });

  test('a server that will not create the folder is quoted', async () => {
    const missing: Script = {
      STATUS: 'TAG NO no such mailbox',
      'LIST "" "Lidos"': 'TAG OK done',
      CREATE: 'TAG NO [CANNOT] folders cannot be made here',
    };
    const mailbox = { afterRead: { action: 'move', folder: 'Lidos' } } as const;
    const { failed, commands } = await tried(missing, mailbox, { createFolder: true });
    assert.deepEqual([failed?.step, failed?.code], ['destination', 'disposal_refused']);
    assert.match(failed?.message ?? '', /folders cannot be made here/);
    assert.ok(commands.some(command => command.startsWith('CREATE')));
    assert.ok(!(await tried(missing, mailbox)).commands.some(command => command.startsWith('CREATE')));
  });
});
