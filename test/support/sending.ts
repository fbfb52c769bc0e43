// A mailroom whose services send their invitations by Exim, for tests of what becomes of these.
import { after } from 'node:test';
import { freePorts } from '../../local/mail/exim.ts';
import { createInvitation, findInvitation } from '../../shared/azure/surveys-store.ts';
import { type Clients, closeClients, getClients } from '../../shared/clients.ts';
import type { MailKey, ServiceId } from '../../shared/domain/ids.ts';
import type { Invitation } from '../../shared/domain/survey/invitation.ts';
import { toBeSent } from '../../shared/flows/surveys/begin-sending.ts';
import { sendInvitation } from '../../shared/flows/surveys/send.ts';
import { createLog } from '../../shared/log.ts';
import { readyInvitation } from '../../shared/pages/invitation.ts';
import type { TestMailbox } from './dovecot.ts';
import { useExim } from './exim.ts';
import { invitation } from './invitation.ts';
import { useMailroom } from './mailroom.ts';
import { until } from './until.ts';

export const MINUTE_MS = 60_000;

export const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS);

/** Call at the top of a test file, as `useMailroom`. `later` are ports where nobody listens yet. */
export async function useSending(environment: Record<string, string> = {}) {
  const ports = await freePorts();
  const later = await freePorts();
  const extraPorts = [...Object.values(ports), ...Object.values(later)].join(',');
  const room = await useMailroom({ environment: { ...environment, MAIL_EXTRA_PORTS: extraPorts } });
  const exim = await useExim(room.dovecot, ports);
  after(closeClients);

  const lines: string[] = [];
  const log = createLog((_level, line) => void lines.push(line));

  async function clients(): Promise<Clients> {
    Object.assign(process.env, room.environment);
    return getClients();
  }

  /** A service whose mailbox reads by Dovecot and sends by Exim, at this port. */
  async function serviceWith(port = ports.submission): Promise<{ id: string; mailbox: TestMailbox }> {
    const { etag } = await room.call('GET', '/api/settings');
    await room.call('PATCH', '/api/settings', {
      ifMatch: etag,
      body: { publicUrl: 'https://atendimento.example' },
    });
    const mailbox = await exim.newRecipient();
    await exim.addLogin(mailbox.user, mailbox.password);
    const outgoing = { host: '127.0.0.1', port, tls: 'starttls' };
    const survey = { type: 'standard', delivery: 'mailbox' };
    const id = await room.register(mailbox, { survey, mailbox: { address: mailbox.user, outgoing } });
    return { id, mailbox };
  }

  let made = 0;

  /** An invitation as the webhook leaves it. */
  async function invited(serviceId: string, mailbox: TestMailbox, to: string, mailKey: string | null = null) {
    const now = new Date();
    made += 1;
    const plain = invitation({
      attendanceId: `sending-${process.pid}-${made}`,
      serviceId: serviceId as ServiceId,
      mailKey: mailKey as MailKey | null,
      delivery: 'mailbox',
      invitedAt: now.toISOString(),
      expiresAt: new Date(now.getTime() + 14 * 86_400_000).toISOString(),
      keyId: (await clients()).config.secretKeys[0]?.id ?? '',
    });
    const value = toBeSent(await clients(), plain, { address: mailbox.user }, { name: 'Ana', address: to });
    const etag = await createInvitation((await clients()).database.surveys, value);
    return { value, etag: etag! };
  }

  const read = async ({ invitationId }: Invitation): Promise<Invitation> => {
    const found = await findInvitation((await clients()).database.surveys, invitationId);
    if (found?.value.kind !== 'invitation') throw new Error(`${invitationId} is gone.`);
    return found.value;
  };
  const attempt = async ({ invitationId }: Invitation, at = new Date()) =>
    sendInvitation(await clients(), invitationId, readyInvitation, { clock: () => at, log });
  const arrived = (recipient: TestMailbox, count = 1) =>
    until(`${count} mail(s)`, async () => {
      const mails = await recipient.list('INBOX');
      return mails.length >= count && mails.map(({ raw }) => raw);
    });

  return { room, exim, later, lines, log, clients, serviceWith, invited, read, attempt, arrived };
}
