// Stands in for Microsoft Graph's mail over HTTPS, in memory. What it does not know it refuses with 501.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Faults } from '../faults.ts';
import { answerEach, closeServer } from '../http-server.ts';
import type { Authority } from '../tls.ts';
import { type Administration, administer } from './administration.ts';
import { answerRequest } from './listener.ts';
import type { Mailbox } from './mailbox.ts';
import { Permissions } from './permissions.ts';
import { RequestLog } from './request-log.ts';
import { Throttling } from './throttling.ts';
import { TokenCheck } from './token-check.ts';

export type GraphOptions = {
  /** 0 for any free one. */
  port: number;
  tls: Authority;
  /** Whose tokens are taken, and where their keys are. */
  issuer: string;
  jwksUri: string;
  /**
   * What to do wrong. Operations are a method, what it is about, and the mailbox: `GET messages ana@contoso.example`;
   * also `GET message`, `GET $value`, `POST move`, `DELETE message`, `GET mailFolders` (several), `GET mailFolder`,
   * `POST mailFolders`, `POST sendMail`. `dropAfter` on `GET $value` sends half of the MIME.
   */
  faults?: Faults;
  /** The clock of tokens and of throttling, in milliseconds. */
  now?: () => number;
};

export type Graph = Administration & {
  port: number;
  /** `https://127.0.0.1:{port}`; requests go below `/v1.0`. Tokens may be made out to it, or to Graph itself. */
  origin: string;
  faults: Faults;
  /** What was asked, newest last. */
  log: RequestLog;
  /** Lets an app open this mailbox and no other but those it was let open before; `all` for every one. */
  allowApp: (clientId: string, mailbox: string | 'all') => void;
  /** Lets a person open a mailbox that is not theirs. */
  share: (mailbox: string, person: string) => void;
  /** Lets a person send as a mailbox that is not theirs. */
  allowSendAs: (mailbox: string, person: string) => void;
  /** From now on 401 for every token issued before an instant, in milliseconds. */
  revokeTokensBefore: (instant: number) => void;
  /** From now on 401 for every token that was used so far or issued before this second. */
  refuseTokens: () => void;
  /** How many requests an app may make of a mailbox in a window: 10,000 in ten minutes unless told. */
  limitRequests: (budget: { requests: number; windowMs: number }) => void;
  /** Makes no page longer than this, whatever `$top` says. */
  limitPages: (items: number) => void;
  close: () => Promise<void>;
};

/** What tokens for the real service are made out to. */
const graphAudience = 'https://graph.microsoft.com';

export async function startGraph(options: GraphOptions): Promise<Graph> {
  const { tls, issuer, jwksUri, faults = new Faults(), now = Date.now } = options;
  const server = createServer({ cert: tls.certPem, key: tls.keyPem }).listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `https://127.0.0.1:${port}`;

  const mailboxes = new Map<string, Mailbox>();
  const tokens = new TokenCheck({ issuer, jwksUri, audiences: [graphAudience, origin], ca: tls.caPem, now });
  const permissions = new Permissions();
  const throttling = new Throttling(now);
  const log = new RequestLog();
  let longestPage = 1_000;
  const pageLimit = () => longestPage;
  const service = { origin, mailboxes, tokens, permissions, throttling, log, faults, pageLimit };
  answerEach(server, (incoming, outgoing) => answerRequest(service, incoming, outgoing));

  return {
    ...administer(mailboxes),
    port,
    origin,
    faults,
    log,
    allowApp: (clientId, mailbox) => permissions.allowApp(clientId, mailbox),
    share: (mailbox, person) => permissions.share(mailbox, person),
    allowSendAs: (mailbox, person) => permissions.allowSendAs(mailbox, person),
    revokeTokensBefore: instant => tokens.revokeTokensBefore(instant),
    refuseTokens: () => tokens.refuseTokens(),
    limitRequests: budget => throttling.limitRequests(budget),
    limitPages: items => {
      longestPage = items;
    },
    close: () => closeServer(server),
  };
}
