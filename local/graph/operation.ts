// A request as the operations see it, and what they answer.
import { badRequest } from './graph-error.ts';
import type { Mailbox, Message } from './mailbox.ts';
import type { MimeContent } from './mime-content.ts';

export type GraphRequest = {
  mailbox: Mailbox;
  /** Id or name of the folder, or id of the message, in the path. */
  id: string;
  /** The whole address. */
  url: URL;
  /** Others here, by address in lower case. */
  findMailbox: (address: string) => Mailbox | undefined;
  /** JSON, or nothing; MIME in base64 of what is sent. */
  body: string;
  /** Which of a message's ids to tell. */
  idOf: (message: Message) => string;
  /** However many items were asked for, no page is longer. */
  pageLimit: number;
};

export type Answer = {
  status: number;
  json?: Record<string, unknown>;
  mime?: { content: MimeContent; sizeBytes: number };
};

export type Operation = {
  method: string;
  /** Below the user; `{id}` stands for any. */
  path: string;
  /** What faults are set on: the method and what it is about. */
  name: string;
  /** Whether it sends a mail: it takes MIME as text, and needs a permission of its own. */
  sends?: true;
  perform: (request: GraphRequest) => Answer;
};

/** `@odata.context` tells of what type the rest is. */
export function contextOf({ url, mailbox }: GraphRequest, what: string): string {
  return `${url.origin}/v1.0/$metadata#users('${encodeURIComponent(mailbox.address)}')/${what}`;
}

/** The members of a body; throws 400 for what is no JSON object. */
export function readBody({ body }: GraphRequest): Record<string, unknown> {
  try {
    const value = JSON.parse(body);
    if (value !== null && typeof value === 'object') return value;
  } catch {
    // Said below, as for any other value.
  }
  throw badRequest('Unable to read JSON request payload.');
}
