// What one received mail is to us: its key, what was read from its bytes, and how it was classified.

/** An address of a header. `address` is empty when the header had only words; `group` names the RFC 5322 3.4 group it came in. */
export type Address = { name: string; address: string; group?: string };

export type MailHeaders = {
  from: Address[];
  to: Address[];
  cc: Address[];
  replyTo: Address[];
  /** Decoded, unfolded, at most 998 characters. Empty when absent. */
  subject: string;
  /** The Date header as RFC 3339 in UTC; null when absent or unreadable. */
  date: string | null;
  /** Message identifiers as written, with their angle brackets. */
  messageId: string | null;
  inReplyTo: string[];
  references: string[];
};

/** How a part of a mail that is not its text is described to others. */
export type AttachmentInfo = {
  /** Safe as a file name on every system: no path, no control characters, at most 150 characters. */
  name: string;
  /** Media type, lower case, e.g. `application/pdf`; of a calendar with its method: `text/calendar; method=REQUEST`. */
  type: string;
  sizeBytes: number;
  /** 64 hex digits, of the decoded bytes. */
  sha256: string;
  /** Content-ID without angle brackets, for `cid:` references of the HTML; null without one. */
  contentId: string | null;
  /** Whether it belongs in the text (inline image) rather than beside it. */
  inline: boolean;
};

/** A mailing address that did not get a mail, from an RFC 3464 report. */
export type FailedRecipient = {
  address: string;
  /** Enhanced status code, RFC 3463, e.g. `5.1.1`; null when the report has none. */
  status: string | null;
  action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded' | null;
  /** What the other server said; null when the report does not tell. */
  diagnostic: string | null;
};

/** A report of a delivery that failed. */
export type Bounce = {
  recipients: FailedRecipient[];
  /** The Message-ID of the mail it reports on, with its angle brackets; null when the report does not tell. */
  originalMessageId: string | null;
};

/** Whom to answer, and by which header: an address, never empty. */
export type Correspondent = { name: string; address: string; from: 'from' | 'replyTo' | 'originalFrom' };

/** A read receipt (RFC 8098): what became of a mail that we sent. */
export type Notification = {
  /** With its angle brackets; null when the receipt does not tell. */
  originalMessageId: string | null;
  /** `displayed`, `deleted`, `dispatched`, `processed` or whatever the receipt says, lower case. */
  disposition: string;
};

/** How the sender protected the mail. Signatures are not judged. */
export type Protection = { kind: 'smime' | 'pgp'; signed: boolean; encrypted: boolean };

/** What the receiving server found (RFC 8601 result words, lower case); null where it does not tell. */
export type Authentication = { dmarc: string | null; spf: string | null; dkim: string | null };

/** What kind of mail it is besides a person's. Mail is classified, never dropped. */
export type Classification = {
  /** Written by a machine: RFC 3834 Auto-Submitted, Precedence, List-Id, null Return-Path. */
  automatic: boolean;
  /** A report of a delivery that failed, RFC 3464 or recognisably the same. */
  bounce: Bounce | null;
  /** Our own mail coming back, nobody else being named in it: answering it would go round in circles. */
  loop: boolean;
  /** Why, as header names or rules, e.g. `auto-submitted: auto-replied`. */
  reasons: string[];
};

/** Something the mail did not do as the standards say, and what was made of it. */
export type Defect = { code: string; message: string };

export type ParseResult = {
  /** ok: nothing to say; defects: read, with remarks; failed: only the raw is to be trusted. */
  status: 'ok' | 'defects' | 'failed';
  defects: Defect[];
};

/** Everything read from the bytes of one mail. `parse` always gives one, whatever the bytes are. */
export type Mail = {
  headers: MailHeaders;
  /** Plain text, from the HTML when the mail has no other. Line ends are `\n`. */
  text: string;
  /** Sanitised HTML, null when the mail has none. */
  html: string | null;
  /** `text` without the quoted tail and signature of a reply. */
  newText: string;
  attachments: AttachmentInfo[];
  classification: Classification;
  /** Null when nobody is named. */
  correspondent: Correspondent | null;
  /** Which addresses, ours as far as the mail tells, it was written to: lower case, each once. */
  deliveredTo: string[];
  /** Whether it only passes another mail on, all of which is then in `newText`. */
  forwarded: boolean;
  /** Null when it is neither signed nor encrypted. */
  protection: Protection | null;
  /** Null when it is no read receipt. */
  notification: Notification | null;
  importance: 'high' | 'normal' | 'low';
  authentication: Authentication;
  parse: ParseResult;
};
