// Facts to make events from, each test changing what it is about.
import { envelope, type OutgoingEvent } from '../../../shared/domain/event/envelope.ts';
import type { MailFacts } from '../../../shared/domain/event/mail.ts';
import type { MailKey, ServiceId } from '../../../shared/domain/ids.ts';
import type { Mail } from '../../../shared/domain/mail/mail.ts';

export const now = new Date('2026-03-02T12:00:00.000Z');

export const service = { id: 'sac' as ServiceId, name: 'SAC', discardDisabled: true };

export const mailKey = `sac.${'0a'.repeat(32)}` as MailKey;

export const mail: Mail = {
  headers: {
    from: [{ name: 'Ana', address: 'ana@example.com' }],
    to: [{ name: '', address: 'sac@example.com', group: 'Equipe' }],
    cc: [],
    replyTo: [],
    subject: 'Pedido 42',
    date: '2026-03-02T11:59:00Z',
    messageId: '<a@example.com>',
    inReplyTo: [],
    references: [],
  },
  text: 'Bom dia',
  html: '<p>Bom dia</p>',
  newText: 'Bom dia',
  attachments: [
    {
      name: 'nota.pdf',
      type: 'application/pdf',
      sizeBytes: 3,
      sha256: 'ab'.repeat(32),
      contentId: null,
      inline: false,
    },
  ],
  classification: { automatic: false, bounce: null, loop: false, reasons: [] },
  correspondent: { name: 'Ana', address: 'ana@example.com', from: 'from' },
  deliveredTo: ['sac@example.com'],
  forwarded: false,
  protection: null,
  notification: null,
  importance: 'normal',
  authentication: { dmarc: 'pass', spf: null, dkim: null },
  parse: { status: 'ok', defects: [] },
};

/** The facts of a mail of ordinary size, with `changed` members of the mail. */
export function mailFacts(changed: Partial<Mail> = {}, facts: Partial<MailFacts> = {}): MailFacts {
  return {
    mailKey,
    service,
    groups: [
      {
        groupId: 'g1',
        name: 'Vendas',
        scheduleId: 'comercial',
        open: true,
        changesAt: '2026-03-02T18:00:00-03:00',
      },
    ],
    preRegistration: null,
    receivedAt: '2026-03-02T11:59:30Z',
    mail: { ...mail, ...changed },
    rawSizeBytes: 512,
    rawSha256: 'cd'.repeat(32),
    conversation: { key: 'c1', first: true },
    delivery: { number: 1, reason: 'new' },
    baseUrl: 'https://mail.example.com',
    now,
    ...facts,
  };
}

/** The smallest event there is. */
export function testEvent(id: string, requestedBy = 'ana'): OutgoingEvent<'test'> {
  const data = { message: 'Events arrive. There is nothing to do about this one.', requestedBy };
  return {
    event: { ...envelope('test', { id, now }), data },
    properties: { type: 'test', groupIds: '', automatic: false, test: true },
  };
}
