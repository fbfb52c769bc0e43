// Generated from the schemas of this folder by generate.ts: change those, then run it.

/**
 * The envelope of every event: CloudEvents 1.0 in JSON (structured mode, application/cloudevents+json).
 */
export interface CloudEvent {
  /**
   * The version of CloudEvents.
   */
  specversion: '1.0';
  /**
   * Drop repeats by it: the same event may arrive more than once, always with the same id. It is the message id too.
   */
  id: string;
  /**
   * Which deployment it comes from: urn:malote: and the name of the app.
   */
  source: string;
  /**
   * What happened.
   */
  type:
    | 'mail.received'
    | 'mail.held'
    | 'mail.rejected'
    | 'mail.discarded'
    | 'service.changed'
    | 'service.failing'
    | 'service.recovered'
    | 'survey.invited'
    | 'survey.answered'
    | 'survey.changed'
    | 'test';
  /**
   * What it happened to: a mail's key, or a service's or invitation's id.
   */
  subject?: string;
  /**
   * When the event was made.
   */
  time: string;
  /**
   * The media type of `data`.
   */
  datacontenttype: 'application/json';
  /**
   * The `$id` of the schema of `data`, with its version.
   */
  dataschema: string;
  /**
   * What there is to know; left out when `dataref` is there.
   */
  data?: {
    [k: string]: unknown;
  };
  /**
   * Where `data` is when it is too long for a message (CloudEvents extension `dataref`). Needs an access token with the role Platform.
   */
  dataref?: string;
}

/**
 * What happened: a closed list.
 */
export type EventType = CloudEvent['type'];

/**
 * An event of one type, or of any.
 */
export type MaloteEvent<T extends EventType = EventType> = {
  [Each in T]: Omit<CloudEvent, 'type' | 'data'> & { type: Each; data?: EventData[Each] };
}[T];

/**
 * The data of each type of event.
 */
export interface EventData {
  'mail.received': MailReceived;
  'mail.held': MailHeld;
  'mail.rejected': MailRejected;
  'mail.discarded': MailDiscarded;
  'service.changed': ServiceChanged;
  'service.failing': ServiceFailing;
  'service.recovered': ServiceRecovered;
  'survey.invited': SurveyInvited;
  'survey.answered': SurveyAnswered;
  'survey.changed': SurveyChanged;
  test: TestEvent;
}
/**
 * Data of `mail.received`: a mail that enters the queue.
 */
export interface MailReceived {
  /**
   * The identity of the mail, the same in every delivery of it.
   */
  mailKey: string;
  service: EventService;
  /**
   * The groups that may serve this mail.
   */
  groups: EventGroup[];
  /**
   * The form ("ficha") of the service, filled in of this mail; null without one, or when the mail does not open a conversation.
   */
  preRegistration: EventPreRegistration | null;
  /**
   * When the mailbox's server received the mail.
   */
  receivedAt: string;
  headers: EventHeaders;
  conversation: EventConversation;
  /**
   * The mail as plain text (made from its HTML where it has no other), lines ended by \n; only its beginning when `textTruncated`.
   */
  text: string;
  /**
   * Whether `text` was cut; the whole is at `bodyUrl`.
   */
  textTruncated: boolean;
  /**
   * `text` without the quoted tail and signature of a reply; only its beginning when `newTextTruncated`.
   */
  newText: string;
  /**
   * Whether `newText` was cut; the whole is at `bodyUrl`.
   */
  newTextTruncated: boolean;
  /**
   * The mail as sanitised HTML; null when it has none, and when `htmlTruncated`.
   */
  html: string | null;
  /**
   * Whether the HTML was left out, because a part of it would not be valid; it is at `bodyUrl`.
   */
  htmlTruncated: boolean;
  /**
   * Where the whole `text`, `newText` and `html` are, as JSON; null when nothing was cut. Needs an access token with the role Platform.
   */
  bodyUrl: string | null;
  /**
   * The parts of the mail that are not its text, in their order in the mail.
   */
  attachments: EventAttachment[];
  raw: EventRaw;
  classification: EventClassification;
  /**
   * Whom to answer; null when nobody is named.
   */
  correspondent: EventCorrespondent | null;
  /**
   * Which addresses the mail was written to, ours as far as it tells: lower case, each once.
   */
  deliveredTo: string[];
  /**
   * Whether the mail only passes another one on, all of which is then in `newText`.
   */
  forwarded: boolean;
  /**
   * How the sender protected the mail; null when it is neither signed nor encrypted.
   */
  protection: EventProtection | null;
  /**
   * What a read receipt (RFC 8098) says of a mail that was sent; null when it is none.
   */
  notification: EventNotification | null;
  /**
   * How urgent the sender calls it.
   */
  importance: 'high' | 'normal' | 'low';
  authentication: EventAuthentication;
  parse: EventParse;
  delivery: EventDelivery;
}
/**
 * The service an event is about, as it was when the event was made.
 */
export interface EventService {
  /**
   * The service's id; it never changes.
   */
  id: string;
  /**
   * The service's name; it may be changed later.
   */
  name: string;
  /**
   * The kind of contact: always e-mail.
   */
  channel: 'email';
  /**
   * Whether attendances of this service may not be discarded: the desktop then offers no "discard".
   */
  discardDisabled: boolean;
}
/**
 * A group that may serve the mail, and whether it is open as of publication. It goes stale: look at `changesAt`, or ask `GET /api/schedules/{id}/open`.
 */
export interface EventGroup {
  /**
   * The group's id, chosen by the platform.
   */
  groupId: string;
  /**
   * The group's name.
   */
  name: string;
  /**
   * The schedule of this group in this service; null: always open.
   */
  scheduleId: string | null;
  /**
   * Whether its schedule was open when the event was made.
   */
  open: boolean;
  /**
   * When `open` turns into its opposite; null when it never does.
   */
  changesAt: string | null;
}
/**
 * A form filled in of a mail.
 */
export interface EventPreRegistration {
  /**
   * The form's id, chosen by its writer.
   */
  formId: string;
  /**
   * The form's name.
   */
  formName: string;
  /**
   * The fields that the mail has a value for, in the form's order.
   */
  fields: EventFormField[];
  /**
   * Ids of the fields for which the mail has nothing that fits.
   */
  missing: string[];
}
/**
 * A field of a form, filled in.
 */
export interface EventFormField {
  /**
   * The field's id.
   */
  id: string;
  /**
   * The words that stand before the value.
   */
  label: string;
  /**
   * A number of a field of type `number`, a boolean of `yesNo`, a date as `2026-04-12`, else a text of at most 500 characters.
   */
  value: string | number | boolean;
  /**
   * There when the end of the text was left out.
   */
  truncated?: true;
}
/**
 * The headers of the mail, decoded.
 */
export interface EventHeaders {
  /**
   * From.
   */
  from: EventAddress[];
  /**
   * To.
   */
  to: EventAddress[];
  /**
   * Cc.
   */
  cc: EventAddress[];
  /**
   * Reply-To: where an answer goes; empty means `from`.
   */
  replyTo: EventAddress[];
  /**
   * Subject; empty when absent.
   */
  subject: string;
  /**
   * Date, as the sender wrote it, in UTC; null when absent or unreadable.
   */
  date: string | null;
  /**
   * Message-ID with its angle brackets. Not unique, and the sender's to forge: the identity is `mailKey`.
   */
  messageId: string | null;
  /**
   * In-Reply-To: message identifiers with their angle brackets.
   */
  inReplyTo: string[];
  /**
   * References: message identifiers with their angle brackets, oldest first.
   */
  references: string[];
}
/**
 * One address of a header.
 */
export interface EventAddress {
  /**
   * The display name; empty without one.
   */
  name: string;
  /**
   * The mail address; empty when the header had only words.
   */
  address: string;
  /**
   * The address group (RFC 5322 3.4) it was listed in.
   */
  group?: string;
}
/**
 * The conversation the mail belongs to.
 */
export interface EventConversation {
  /**
   * The same for every mail of the conversation.
   */
  key: string;
  /**
   * Whether this mail opens the conversation.
   */
  first: boolean;
}
/**
 * A part of the mail that is not its text.
 */
export interface EventAttachment {
  /**
   * A file name that is safe on every system.
   */
  name: string;
  /**
   * Media type, as the sender says; of a calendar with its method, as in text/calendar; method=REQUEST.
   */
  type: string;
  /**
   * Size of the decoded bytes.
   */
  sizeBytes: number;
  /**
   * Digest of the decoded bytes, in hexadecimal.
   */
  sha256: string;
  /**
   * Content-ID without angle brackets, which `cid:` addresses of the HTML name; null without one.
   */
  contentId: string | null;
  /**
   * Whether it belongs in the text rather than beside it.
   */
  inline: boolean;
  /**
   * Where to download it. Needs an access token with the role Platform.
   */
  url: string;
}
/**
 * The bytes of the mail as they were downloaded (RFC 5322).
 */
export interface EventRaw {
  /**
   * Where to download them. Needs an access token with the role Platform.
   */
  url: string;
  /**
   * Their number.
   */
  sizeBytes: number;
  /**
   * Their digest, in hexadecimal.
   */
  sha256: string;
}
/**
 * What kind of mail it is besides a person's.
 */
export interface EventClassification {
  /**
   * Written by a machine (RFC 3834): do not answer it automatically.
   */
  automatic: boolean;
  /**
   * The report of a delivery that failed; null when it is none.
   */
  bounce: EventBounce | null;
  /**
   * Our own mail coming back, From being ours and nobody else named: answering goes round in circles.
   */
  loop: boolean;
  /**
   * Why, for people: headers or rules, e.g. `auto-submitted: auto-replied`.
   */
  reasons: string[];
}
/**
 * What a delivery report (RFC 3464) says.
 */
export interface EventBounce {
  /**
   * The addresses it reports on.
   */
  recipients: EventFailedRecipient[];
  /**
   * The Message-ID of the mail it reports on, with its angle brackets; null when it does not tell.
   */
  originalMessageId: string | null;
}
/**
 * An address that did not get a mail.
 */
export interface EventFailedRecipient {
  /**
   * The address.
   */
  address: string;
  /**
   * Enhanced status code (RFC 3463), e.g. `5.1.1`; null when the report has none.
   */
  status: string | null;
  /**
   * What the reporting server did (RFC 3464 2.3.3); null when the report does not tell.
   */
  action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded' | null;
  /**
   * What the other server said; null when the report does not tell.
   */
  diagnostic: string | null;
}
/**
 * Whom to answer.
 */
export interface EventCorrespondent {
  /**
   * The display name; empty without one.
   */
  name: string;
  /**
   * The mail address.
   */
  address: string;
  /**
   * The header that named it: From, Reply-To, or what a list or form keeps of the first sender.
   */
  from: 'from' | 'replyTo' | 'originalFrom';
}
/**
 * How the sender protected the mail. Signatures are not judged.
 */
export interface EventProtection {
  /**
   * The technique.
   */
  kind: 'smime' | 'pgp';
  /**
   * Whether it carries a signature.
   */
  signed: boolean;
  /**
   * Whether its words can only be read with a key.
   */
  encrypted: boolean;
}
/**
 * What a read receipt says.
 */
export interface EventNotification {
  /**
   * The Message-ID of the mail that was read or not, with its angle brackets; null when it does not tell.
   */
  originalMessageId: string | null;
  /**
   * `displayed`, `deleted`, `dispatched`, `processed` or whatever it says, lower case.
   */
  disposition: string;
}
/**
 * What the receiving server found about the sender (RFC 8601 result words, lower case); null where it does not tell. Only as good as the server: a header that the sender brought looks alike.
 */
export interface EventAuthentication {
  /**
   * DMARC.
   */
  dmarc: string | null;
  /**
   * SPF.
   */
  spf: string | null;
  /**
   * DKIM.
   */
  dkim: string | null;
}
/**
 * How well the bytes could be read.
 */
export interface EventParse {
  /**
   * `defects`: read, with remarks; `failed`: only the raw is to be trusted.
   */
  status: 'ok' | 'defects' | 'failed';
  /**
   * What the mail did not do as the standards say.
   */
  defects: EventDefect[];
}
/**
 * One remark of the parser.
 */
export interface EventDefect {
  /**
   * A stable code.
   */
  code: string;
  /**
   * One sentence for people.
   */
  message: string;
}
/**
 * Which publication of the mail this is.
 */
export interface EventDelivery {
  /**
   * 1 for the first, counted on by each replay.
   */
  number: number;
  /**
   * `new`: taken in; `approved`: held until a supervisor let it in; `replayed`: asked for again.
   */
  reason: 'new' | 'approved' | 'replayed';
  /**
   * True when an earlier send of this same delivery may have arrived longer ago than the topic remembers. Its event has the same id.
   */
  possibleDuplicate?: boolean;
}
/**
 * Data of `mail.held`: a mail that waits for a supervisor's approval. The same members as `mail.received`; once approved, the mail is published as that.
 */
export interface MailHeld {
  /**
   * The identity of the mail, the same in every delivery of it.
   */
  mailKey: string;
  service: EventService;
  /**
   * The groups that may serve this mail.
   */
  groups: EventGroup[];
  /**
   * The form ("ficha") of the service, filled in of this mail; null without one, or when the mail does not open a conversation.
   */
  preRegistration: EventPreRegistration | null;
  /**
   * When the mailbox's server received the mail.
   */
  receivedAt: string;
  headers: EventHeaders;
  conversation: EventConversation;
  /**
   * The mail as plain text (made from its HTML where it has no other), lines ended by \n; only its beginning when `textTruncated`.
   */
  text: string;
  /**
   * Whether `text` was cut; the whole is at `bodyUrl`.
   */
  textTruncated: boolean;
  /**
   * `text` without the quoted tail and signature of a reply; only its beginning when `newTextTruncated`.
   */
  newText: string;
  /**
   * Whether `newText` was cut; the whole is at `bodyUrl`.
   */
  newTextTruncated: boolean;
  /**
   * The mail as sanitised HTML; null when it has none, and when `htmlTruncated`.
   */
  html: string | null;
  /**
   * Whether the HTML was left out, because a part of it would not be valid; it is at `bodyUrl`.
   */
  htmlTruncated: boolean;
  /**
   * Where the whole `text`, `newText` and `html` are, as JSON; null when nothing was cut. Needs an access token with the role Platform.
   */
  bodyUrl: string | null;
  /**
   * The parts of the mail that are not its text, in their order in the mail.
   */
  attachments: EventAttachment[];
  raw: EventRaw;
  classification: EventClassification;
  /**
   * Whom to answer; null when nobody is named.
   */
  correspondent: EventCorrespondent | null;
  /**
   * Which addresses the mail was written to, ours as far as it tells: lower case, each once.
   */
  deliveredTo: string[];
  /**
   * Whether the mail only passes another one on, all of which is then in `newText`.
   */
  forwarded: boolean;
  /**
   * How the sender protected the mail; null when it is neither signed nor encrypted.
   */
  protection: EventProtection | null;
  /**
   * What a read receipt (RFC 8098) says of a mail that was sent; null when it is none.
   */
  notification: EventNotification | null;
  /**
   * How urgent the sender calls it.
   */
  importance: 'high' | 'normal' | 'low';
  authentication: EventAuthentication;
  parse: EventParse;
  delivery: EventDelivery;
}
/**
 * Data of `mail.rejected`: a supervisor refused a held mail. It can still be approved later.
 */
export interface MailRejected {
  /**
   * The identity of the mail.
   */
  mailKey: string;
  service: EventService;
  /**
   * When it was rejected.
   */
  rejectedAt: string;
  /**
   * Who rejected it, as the access token named them.
   */
  rejectedBy: string;
  /**
   * Why, in the supervisor's words; null without any.
   */
  reason: string | null;
}
/**
 * Data of `mail.discarded`: the platform discarded the attendance of a mail.
 */
export interface MailDiscarded {
  /**
   * The identity of the mail.
   */
  mailKey: string;
  service: EventService;
  /**
   * When it was discarded.
   */
  discardedAt: string;
  /**
   * The agent, as the platform named them; null when not told.
   */
  discardedBy: string | null;
  /**
   * Why, in the agent's words; null without any.
   */
  reason: string | null;
}
/**
 * Data of `service.changed`: a service was created, changed or deleted. It carries the service as it is now.
 */
export interface ServiceChanged {
  service: EventService;
  /**
   * What happened to the service.
   */
  change: 'created' | 'updated' | 'deleted';
  /**
   * Whether the service is in use: an inactive or deleted one is not read and is not to be offered.
   */
  active: boolean;
  /**
   * The ids of the groups that may serve its mail.
   */
  groupIds: string[];
  /**
   * When it was changed. The newest wins: events are unordered.
   */
  changedAt: string;
}
/**
 * Data of `service.failing`: the mailbox of a service cannot be read, or not be tidied.
 */
export interface ServiceFailing {
  service: EventService;
  /**
   * A stable code, e.g. `login_refused` or `folder_missing`.
   */
  code: string;
  /**
   * One sentence: what is wrong.
   */
  message: string;
  /**
   * One sentence for whoever can mend it; null when none is known.
   */
  cure: string | null;
  /**
   * When it was first seen failing like this.
   */
  since: string;
}
/**
 * Data of `service.recovered`: the mailbox of a service that was failing works again.
 */
export interface ServiceRecovered {
  service: EventService;
  /**
   * The code of the failure that is over.
   */
  code: string;
  /**
   * When that failure was first seen: the `since` of its `service.failing`.
   */
  since: string;
  /**
   * When it worked again.
   */
  recoveredAt: string;
}
/**
 * Data of `survey.invited`: an invitation to answer a survey about an attendance was made.
 */
export interface SurveyInvited {
  /**
   * The invitation's id: one per attendance.
   */
  invitationId: string;
  service: EventService;
  attendance: EventAttendance;
  /**
   * The mail that the attendance was about; null when not told.
   */
  mailKey: string | null;
  /**
   * When the invitation was made.
   */
  invitedAt: string;
  /**
   * Until when it can be answered.
   */
  expiresAt: string;
  /**
   * The customer's language.
   */
  language: 'pt-BR' | 'en' | 'es';
  /**
   * Who sends the invitation: the platform, or the service's own mailbox.
   */
  delivery: 'platform' | 'mailbox';
}
/**
 * The attendance a survey is about, as the platform named it when it was closed.
 */
export interface EventAttendance {
  /**
   * The platform's id of the attendance.
   */
  id: string;
  /**
   * The group that served it; null when not told.
   */
  groupId: string | null;
  /**
   * The agent who served it; null when not told.
   */
  agentId: string | null;
}
/**
 * Data of `survey.answered`: a customer answered a survey.
 */
export interface SurveyAnswered {
  /**
   * The id of the invitation that was answered.
   */
  invitationId: string;
  service: EventService;
  attendance: EventAttendance;
  /**
   * The mail that the attendance was about; null when not told.
   */
  mailKey: string | null;
  /**
   * When it was answered first.
   */
  answeredAt: string;
  /**
   * When the answer was last changed; null when it never was.
   */
  changedAt: string | null;
  /**
   * One for every question that was answered.
   */
  answers: EventAnswer[];
  /**
   * The customer's comment; null without one.
   */
  comment: string | null;
  /**
   * Whether it is most likely no person's answer; such answers are left out of figures.
   */
  suspect: boolean;
  /**
   * Whether the score is below what the service set as `survey.alertBelow`: somebody should call the customer.
   */
  alert: boolean;
}
/**
 * The answer to one question.
 */
export interface EventAnswer {
  /**
   * The question's id within the survey.
   */
  questionId: string;
  /**
   * The kind of question: csat 1-5, nps 0-10, ces 1-7, one choice of a list, yes or no, free text.
   */
  kind: 'csat' | 'nps' | 'ces' | 'choice' | 'yesNo' | 'text';
  /**
   * The question as the customer saw it.
   */
  question: string;
  /**
   * A number for csat, nps and ces; a boolean for yesNo; words for choice and text.
   */
  value: number | string | boolean;
}
/**
 * Data of `survey.changed`: a customer changed an answer. The same members as `survey.answered`, all answers as they are now.
 */
export interface SurveyChanged {
  /**
   * The id of the invitation that was answered.
   */
  invitationId: string;
  service: EventService;
  attendance: EventAttendance;
  /**
   * The mail that the attendance was about; null when not told.
   */
  mailKey: string | null;
  /**
   * When it was answered first.
   */
  answeredAt: string;
  /**
   * When the answer was last changed; null when it never was.
   */
  changedAt: string | null;
  /**
   * One for every question that was answered.
   */
  answers: EventAnswer[];
  /**
   * The customer's comment; null without one.
   */
  comment: string | null;
  /**
   * Whether it is most likely no person's answer; such answers are left out of figures.
   */
  suspect: boolean;
  /**
   * Whether the score is below what the service set as `survey.alertBelow`: somebody should call the customer.
   */
  alert: boolean;
}
/**
 * Data of `test`: an administrator asked whether events arrive. Nothing is to be done about it.
 */
export interface TestEvent {
  /**
   * One sentence for whoever reads the event.
   */
  message: string;
  /**
   * Who asked for it, as the access token named them.
   */
  requestedBy: string;
}
