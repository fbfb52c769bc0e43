// The service record: one mailbox, how to read it, what to do with its mail, and how it is shown to whom.
import type { ServiceId } from '../ids.ts';

/** What becomes of a mail at the server once it is safe with us. */
export type AfterRead = { action: 'move'; folder: string } | { action: 'delete' };

/** An application registered in Entra ID, and how it comes to tokens. Instants are RFC 3339 in UTC. */
export type OAuth = {
  type: 'oauth';
  /** `clientCredentials`: the app for itself; `authorizationCode`: for a person who consented. */
  flow: 'clientCredentials' | 'authorizationCode';
  clientId: string;
  /** A GUID or a domain of the tenant. */
  tenantId: string;
  /** Of the authorization-code flow: where Entra ID sends the person back to; always our own callback. */
  redirectUri: string | null;
  /** As the administrator wrote it down; of a day, its beginning. */
  clientSecretExpiresAt: string | null;
  /** Read from the certificate. */
  clientCertificateExpiresAt: string | null;
  /**
   * In place of a secret of its own the app is proven by the managed identity of this deployment (RFC 7523 2.2). Null, and in
   * records from before it was asked for undefined: by a secret.
   */
  clientAssertion?: 'managedIdentity' | null;
};

type Account = {
  address: string;
  /** The login; the address unless the server wants another. */
  username: string;
  /** As the server names it; the inbox is always `INBOX`. */
  folder: string;
  afterRead: AfterRead;
  /**
   * The server whose Authentication-Results are believed, as it calls itself there (RFC 8601 2.2), lower case. Null, and in
   * records from before it was asked for undefined: that of Microsoft's hosts, elsewhere none.
   */
  authservId?: string | null;
};

/** The server that a mailbox sends by; its authority is that of the mailbox. */
export type Outgoing = Pick<ServerMailbox, 'host' | 'port' | 'tls'> & {
  /** Of a login of its own, with a password of its own; null for the login of the mailbox. */
  username: string | null;
};

/** A mailbox on a mail server. */
export type ServerMailbox = Account & {
  protocol: 'imap' | 'pop3';
  /** Lower case, without a final dot. */
  host: string;
  port: number;
  tls: 'implicit' | 'starttls' | 'none';
  /** PEM of a private authority that signed the server's certificate; null trusts the public ones. */
  caCertificate: string | null;
  auth: { type: 'basic' } | OAuth;
  /** Null, and in records from before it was asked for undefined: the mailbox sends nothing. */
  outgoing?: Outgoing | null;
};

/** A mailbox of Microsoft 365, reached over Microsoft Graph. Its folders are named by their path, with "/" between. */
export type GraphMailbox = Account & { protocol: 'graph'; auth: OAuth };

/** The account a service reads. */
export type MailboxSettings = ServerMailbox | GraphMailbox;

/** What is kept of a service that nobody is ever shown; which of them there are depends on its mailbox. */
export const secretNames = ['password', 'clientSecret', 'clientCertificate', 'outgoingPassword'] as const;
export type SecretName = (typeof secretNames)[number];

/** A question of a custom survey; `text` is what the customer reads. Its id stays whatever becomes of its words. */
export type Question =
  | { id: string; type: 'csat' | 'nps' | 'ces' | 'yesNo' | 'text'; text: string; required: boolean }
  | { id: string; type: 'choice'; text: string; required: boolean; choices: string[] };

/** How customers are asked, whatever they are asked. */
export type SurveyTerms = {
  /** Who sends the invitation. */
  delivery: Delivery;
  /** So many days a customer is left alone after having been asked; 0 asks after every attendance. */
  askAgainAfterDays: number;
  expiresAfterDays: number;
  /** How long after the first answer it may be changed. */
  changeableHours: number;
  /** A score of the first csat question below this is an alert; null for none. */
  alertBelow: number | null;
};

/** Who sends the invitation to a survey. */
export type Delivery = 'platform' | 'mailbox';

/** What the customer is asked after an attendance. Null texts stand for the built-in ones. */
export type Survey =
  | { type: 'none' }
  | ({
      type: 'standard';
      questionText: string | null;
      linkText: string | null;
      commentDisabled: boolean;
    } & SurveyTerms)
  | ({ type: 'custom'; questions: Question[]; commentDisabled: boolean } & SurveyTerms);

/** Agents who may serve the mail of a service, and when; without a schedule, always. */
export type ServiceGroup = { groupId: string; scheduleId: string | null };

/** One configured e-mail service, every default filled in. Its secrets are kept beside it, never in it. */
export type Service = {
  readonly id: ServiceId;
  readonly type: 'email';
  readonly name: string;
  readonly active: boolean;
  readonly formId: string | null;
  readonly survey: Survey;
  readonly discardDisabled: boolean;
  readonly approvalRequired: boolean;
  /** As the administrator wrote it: a date, or a date-time with offset. */
  readonly readFrom: string;
  /** The instant meant, RFC 3339 in UTC with milliseconds; fixed when `readFrom` was written. */
  readonly readFromAt: string;
  readonly mailbox: MailboxSettings;
  readonly pollSeconds: number;
  readonly groups: readonly ServiceGroup[];
};
