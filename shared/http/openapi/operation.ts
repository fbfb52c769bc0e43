// What is said of an operation beside what its route demands: what it is for, what it answers, and an example.
import type * as z from 'zod';
import type { ErrorCode } from '../../errors.ts';

export const tags = {
  Services: 'The mailboxes that are read, and what becomes of their mail.',
  Mailbox: 'How the mailbox of a service connects, and how it is doing.',
  References: 'What services refer to. Whoever writes one chooses its id.',
  Settings: 'One record for the whole company.',
  Mails: 'The ledger, and the mails themselves.',
  Held: 'Mail that waits for a supervisor.',
  'Survey results': 'What customers answered, and the figures of it.',
  Surveys: 'What customers are asked when their attendance is closed.',
  Administration: 'The trail, test events, and the configuration as a file.',
  About: 'The app itself, for anyone.',
};

/** What comes back. Without `json` it is `type`, or nothing. */
export type Answer = { says: string; json?: z.ZodType; type?: string; headers?: readonly AnswerHeader[] };
export type AnswerHeader = 'ETag' | 'Location';

/** A request that is answered by 2xx; the tests send it. Ids in it are those of `exampleIds`. */
export type Example = {
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string>>;
  body?: unknown;
  /** What may come back. */
  answer?: unknown;
};

export type Operation = {
  tag: keyof typeof tags;
  /** A line. */
  summary: string;
  /** What is to be known besides. */
  description?: string;
  /** Of the query, where no route demands it. */
  query?: z.ZodObject;
  /** Of the body, where its route checks it elsewhere. */
  body?: z.ZodType;
  /** Unless it is JSON. */
  bodyType?: string;
  /** The body is a merge patch (RFC 7396) of such a document. */
  isPatch?: true;
  /** Whether the record's ETag has to come in If-Match: always, or where there is one already. */
  ifMatch?: 'always' | 'replacing';
  /** By status. */
  answers: Readonly<Record<number, Answer>>;
  /** Codes besides those that follow from what the route demands. */
  errors?: readonly ErrorCode[];
  example: Example;
};

/** The operations of the app by the names of their functions. */
export type Operations = Readonly<Record<string, Operation>>;

/** What examples call what they are about. */
export const exampleIds = {
  service: 'suporte',
  group: 'n1',
  schedule: 'comercial',
  form: 'pedido',
  replay: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  erasure: '0f8fad5b-d9cb-469f-a165-70867728950e',
  invitation: 'AbCdEfGhIjKlMnOpQrStUv',
  webhookSecret: '0a1b2c3d4e5f',
  mail: `suporte.${'0'.repeat(64)}`,
  heldMail: `suporte.${'1'.repeat(64)}`,
  suspectAnswer: 'Xug30ywEaprYOaV38DwNXA',
  surveyToken: 'S'.repeat(65),
  logo: '0'.repeat(32),
  mailToReject: `suporte.${'2'.repeat(64)}`,
};
