// Mails to events: what an event refers to is stored first, then all are sent, and each send is judged by itself.
import { bodyPath, dataPath, writeOnce } from '../../azure/blobs.ts';
import { eventGroups } from '../../domain/event/groups.ts';
import { mailHeld, mailReceived, type OutgoingMail } from '../../domain/event/mail.ts';
import { fillForm, type PreRegistration, unfilled } from '../../domain/form/fill.ts';
import { type MaloteError, toMaloteError, traitsOf, whereOf } from '../../errors.ts';
import { failed, traced } from '../../telemetry.ts';
import type { IdentifiedMail } from './identify.ts';
import type { IntakeContext } from './visit.ts';

/** A raw that is not read again just to show its texts. */
const LARGE_RAW_BYTES = 1024 * 1024;

/** The topic drops repeated ids for a day; an attempt almost that old may have been forgotten there. */
const SURELY_REMEMBERED_MS = 23 * 3_600_000;

/** Which publication of a mail it is, and why. */
type Delivery = { number: number; reason: 'new' | 'approved' | 'replayed' };

export type Published = {
  published: IdentifiedMail[];
  /** Never taken as they are. */
  refused: { mail: IdentifiedMail; error: MaloteError }[];
  /** Why others, in doubt or not sent, have to be sent again. */
  failure: MaloteError | undefined;
};

/**
 * Publishes what is new; what reappeared is done without. A mail that is the same as one not published waits with it.
 * @param guard stands between what takes long and the send: whatever it throws, nothing is sent
 * @throws MaloteError what `guard` throws
 */
export async function publishFresh(
  context: IntakeContext,
  mails: IdentifiedMail[],
  guard: () => Promise<void>,
) {
  const fresh = mails.filter(({ sameAs }) => sameAs === undefined);
  const { published, refused, failure } = await publishMails(context, fresh, guard);
  const unpublished = new Set(fresh.filter(mail => !published.includes(mail)).map(({ key }) => key));
  const reappeared = mails.filter(({ sameAs }) => sameAs !== undefined && !unpublished.has(sameAs));
  return { done: [...published, ...reappeared], refused, failure };
}

/** Publishes mails as `mail.received`, or as `mail.held` those that wait for a supervisor. */
export async function publishMails(
  context: IntakeContext,
  mails: IdentifiedMail[],
  guard: () => Promise<void>,
  delivery: Delivery = { number: 1, reason: 'new' },
): Promise<Published> {
  if (mails.length === 0) return { published: [], refused: [], failure: undefined };
  return traced('publish', { attributes: { mails: mails.length } }, async span => {
    const result = await storeAndSend(context, mails, guard, delivery);
    const { code } = result.failure ?? {};
    if (code !== undefined) {
      failed(span, code);
      const unpublished = mails.length - result.published.length - result.refused.length;
      context.log.warn('publish-failed', { serviceId: context.service.id, code, mails: unpublished });
    }
    return result;
  });
}

async function storeAndSend(
  context: IntakeContext,
  mails: IdentifiedMail[],
  guard: () => Promise<void>,
  delivery: Delivery,
): Promise<Published> {
  const result: Published = { published: [], refused: [], failure: undefined };
  const stored = await Promise.all(
    mails.map(mail => storeReferences(context, mail, eventOf(context, mail, delivery))),
  );
  const ready = stored.flatMap(({ mail, event, error }) => {
    if (error && traitsOf(error.code).fault === 'mail') result.refused.push({ mail, error });
    else result.failure ??= error;
    return error ? [] : [{ mail, event }];
  });
  await guard();
  const outcomes = await context.clients.bus.sendEvents(ready.map(({ event }) => event));
  for (const [index, { mail }] of ready.entries()) {
    const outcome = outcomes[index];
    if (outcome?.outcome === 'sent') result.published.push(mail);
    else if (outcome?.outcome === 'refused') result.refused.push({ mail, error: outcome.error });
    else result.failure ??= outcome?.error;
  }
  return result;
}

function eventOf(context: IntakeContext, mail: IdentifiedMail, delivery: Delivery): OutgoingMail {
  const { service, settings, clients, groups, schedules } = context;
  const now = context.clock();
  const attemptedMs = mail.storedBefore ? now.getTime() - mail.storedBefore.getTime() : 0;
  const build = mail.isHeld ? mailHeld : mailReceived;
  return build({
    mailKey: mail.key,
    service,
    groups: eventGroups(service.groups, groups, schedules, now),
    preRegistration: mail.conversation.first ? preRegister(context, mail) : null,
    receivedAt: mail.listed.receivedAt.toISOString(),
    mail: mail.mail,
    rawSizeBytes: mail.rawSizeBytes,
    rawSha256: mail.rawSha256,
    conversation: mail.conversation,
    delivery: {
      ...delivery,
      ...(attemptedMs > SURELY_REMEMBERED_MS ? { possibleDuplicate: true } : {}),
    },
    baseUrl: settings.internalUrl ?? settings.publicUrl ?? clients.config.siteUrl,
    now,
  });
}

/** The service's form filled in; whatever happens over it, the mail is published. */
function preRegister({ form, settings, log }: IntakeContext, mail: IdentifiedMail): PreRegistration | null {
  if (!form) return null;
  const { headers, text, newText } = mail.mail;
  const { subject, from, to } = headers;
  const receivedAt = mail.listed.receivedAt.toISOString();
  try {
    return fillForm(form, { subject, from, to, receivedAt, text, newText }, settings.timeZone);
  } catch (error) {
    log.error('form-failed', { mailKey: mail.key, formId: form.id, where: whereOf(error) });
    return unfilled(form);
  }
}

async function storeReferences(
  context: IntakeContext,
  mail: IdentifiedMail,
  event: OutgoingMail,
): Promise<{ mail: IdentifiedMail; event: OutgoingMail; error?: MaloteError }> {
  const { data, isCut } = event;
  const { text, newText, html, parse } = mail.mail;
  const isKept = isCut || parse.status === 'failed' || mail.rawSizeBytes > LARGE_RAW_BYTES;
  const write = (path: string, value: unknown) => {
    const bytes = Buffer.from(JSON.stringify(value));
    return writeOnce(context.clients.mails, path, { bytes }, { type: 'application/json' });
  };
  try {
    await Promise.all([
      data ? write(dataPath(mail.key, data.name), data.value) : undefined,
      isKept ? write(bodyPath(mail.key), { text, newText, html }) : undefined,
    ]);
    return { mail, event };
  } catch (error) {
    return { mail, event, error: toMaloteError(error) };
  }
}
