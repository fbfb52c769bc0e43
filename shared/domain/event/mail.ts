// The events about a mail: what the platform is told of it, within the size of one message.
import type { EventGroup, MailReceived } from '../../../schemas/events.d.ts';
import type { PreRegistration } from '../form/fill.ts';
import type { MailKey } from '../ids.ts';
import type { Mail } from '../mail/mail.ts';
import {
  type EventProperties,
  envelope,
  eventService,
  joinGroupIds,
  type OutgoingEvent,
  type ServiceFacts,
} from './envelope.ts';
import { fitBody, jsonBytes, maxEventBytes } from './size.ts';

/** All that an event about a mail is made from. Times are RFC 3339. */
export type MailFacts = {
  mailKey: MailKey;
  service: ServiceFacts;
  groups: EventGroup[];
  preRegistration: PreRegistration | null;
  receivedAt: string;
  mail: Mail;
  rawSizeBytes: number;
  /** 64 hex digits. */
  rawSha256: string;
  conversation: { key: string; first: boolean };
  delivery: {
    /** 1 for the first publication, counted on by each replay. */
    number: number;
    reason: 'new' | 'approved' | 'replayed';
    /** An earlier send may have arrived longer ago than the topic's duplicate detection remembers. */
    possibleDuplicate?: boolean;
  };
  /** Where the platform reaches our API, without a slash at the end. */
  baseUrl: string;
  now: Date;
};

type MailEventType = 'mail.received' | 'mail.held';

/** An event about a mail, and what has to be in Blob Storage before it is sent, because it refers to it. */
export type OutgoingMail = OutgoingEvent<MailEventType> & {
  /** Whether texts are cut in it, so that they have to be whole at `data.bodyUrl`. */
  isCut: boolean;
  /** All of the data, to be served at `event.dataref`, whose last part is `name`; null when the event carries it. */
  data: { name: string; value: MailReceived } | null;
};

/** `mail.received`. The id of a first delivery is the mail's key: whatever happens to us, a repeat carries the same. */
export function mailReceived(facts: MailFacts): OutgoingMail {
  const { number } = facts.delivery;
  return outgoing(
    'mail.received',
    facts,
    number === 1 ? facts.mailKey : `${facts.mailKey}:${number}`,
    `${number}`,
  );
}

/**
 * `mail.held`. Its id is not the mail's key: that belongs to the `mail.received` of a later approval, which the
 * topic's duplicate detection would otherwise drop.
 */
export function mailHeld(facts: MailFacts): OutgoingMail {
  return outgoing('mail.held', facts, `${facts.mailKey}:held`, 'held');
}

/** The data of an event about a mail, whole, whatever its size. */
export function mailData(facts: MailFacts): MailReceived {
  const { mail } = facts;
  const urls = mailUrls(facts.baseUrl, facts.mailKey);
  return {
    mailKey: facts.mailKey,
    service: eventService(facts.service),
    groups: facts.groups,
    preRegistration: facts.preRegistration,
    receivedAt: facts.receivedAt,
    headers: mail.headers,
    conversation: facts.conversation,
    text: mail.text,
    textTruncated: false,
    newText: mail.newText,
    newTextTruncated: false,
    html: mail.html,
    htmlTruncated: false,
    bodyUrl: null,
    attachments: mail.attachments.map((attachment, n) => ({ ...attachment, url: urls.attachment(n) })),
    raw: { url: urls.raw, sizeBytes: facts.rawSizeBytes, sha256: facts.rawSha256 },
    classification: mail.classification,
    correspondent: mail.correspondent,
    deliveredTo: mail.deliveredTo,
    forwarded: mail.forwarded,
    protection: mail.protection,
    notification: mail.notification,
    importance: mail.importance,
    authentication: mail.authentication,
    parse: mail.parse,
    delivery: facts.delivery,
  };
}

/** Where the API serves what belongs to a mail. `n` counts the attachments from 0, as the list of them does. */
export function mailUrls(baseUrl: string, mailKey: MailKey) {
  const mail = `${baseUrl}/api/mails/${mailKey}`;
  return {
    raw: `${mail}/raw`,
    body: `${mail}/body`,
    attachment: (n: number) => `${mail}/attachments/${n}`,
    data: (name: string) => `${mail}/data/${name}`,
  };
}

function outgoing(type: MailEventType, facts: MailFacts, id: string, name: string): OutgoingMail {
  const urls = mailUrls(facts.baseUrl, facts.mailKey);
  const whole = mailData(facts);
  const properties: EventProperties = {
    type,
    serviceId: facts.service.id,
    groupIds: joinGroupIds(facts.groups.map(group => group.groupId)),
    automatic: facts.mail.classification.automatic,
    test: false,
  };
  const empty = envelope(type, { id, subject: facts.mailKey, now: facts.now });
  const room = maxEventBytes - jsonBytes({ ...empty, data: {} }) - jsonBytes(properties);
  const data = fitBody(whole, urls.body, room);
  if (data === undefined) {
    const event = { ...empty, dataref: urls.data(name) };
    return { event, properties, isCut: false, data: { name, value: whole } };
  }
  return { event: { ...empty, data }, properties, isCut: data !== whole, data: null };
}
