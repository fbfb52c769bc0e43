// What went wrong with a POP3 server, in our codes with a cure, told from response codes and the server's words.
import { type ErrorCode, MaloteError } from '../../errors.ts';
import { connectionCode, mailServerError } from '../connection-errors.ts';
import { otherProtocol } from '../greeting.ts';
import type { Proof } from '../proof.ts';
import type { Protocol } from '../protocol.ts';

const POP3: Protocol = {
  name: 'POP3',
  implicitPort: 995,
  starttlsPort: 110,
  microsoft: { permission: 'POP', cmdlet: '-PopEnabled' },
};

/** A failure of the connection as `pop3-client.ts` throws it. */
export class Pop3Error extends Error {
  /** `REFUSED` is -ERR; `STLS`, `TLS` and `EPROTOCOL` are the server's conduct; others are codes of Node's sockets. */
  readonly code: 'REFUSED' | 'STLS' | 'TLS' | 'EPROTOCOL' | 'ETIMEDOUT' | 'ECONNRESET';
  /** Of an answer that was not wanted: the command without its arguments (`greeting` for the server's own opening), and what was said. */
  readonly command: string;
  readonly said: string;

  constructor(code: Pop3Error['code'], message: string, refusal = { command: '', said: '' }) {
    super(message);
    this.name = 'Pop3Error';
    this.code = code;
    this.command = refusal.command;
    this.said = refusal.said;
  }
}

/** Any failure of a POP3 connection as ours. `proof` is by what the login was tried. */
export function toPop3Error(error: unknown, proof?: Proof): MaloteError {
  if (error instanceof MaloteError) return error;
  const isGreeting = error instanceof Pop3Error && error.code === 'EPROTOCOL' && error.command === 'greeting';
  const other = isGreeting ? otherProtocol(error.said, POP3) : undefined;
  if (other) return other;
  const refusal = error instanceof Pop3Error && error.code === 'REFUSED' ? error : undefined;
  const code = refusal ? refusalCode(refusal) : failureCode(error as NodeJS.ErrnoException);
  return mailServerError(code, POP3, {
    cause: error,
    codes: [(error as NodeJS.ErrnoException).code],
    said: refusal?.said,
    proof,
  });
}

function failureCode({ name, code }: NodeJS.ErrnoException): ErrorCode {
  // The deadline of the whole fetch.
  if (name === 'TimeoutError') return 'mailbox_timeout';
  if (code === 'STLS' || code === 'TLS') return 'tls_failed';
  return connectionCode(code) ?? 'protocol_violation';
}

/** Response codes of RFC 2449 8 and RFC 3206 4, which mean something else once the login is over. */
const byResponseCode: Record<string, { atLogin: ErrorCode; later?: ErrorCode }> = {
  'IN-USE': { atLogin: 'mailbox_busy', later: 'mailbox_busy' },
  'LOGIN-DELAY': { atLogin: 'mailbox_throttled', later: 'mailbox_throttled' },
  'SYS/TEMP': { atLogin: 'login_unavailable', later: 'mailbox_unavailable' },
  // Somebody has to look at the server, or at the account there (RFC 3206 4): its sentence tells at what.
  'SYS/PERM': { atLogin: 'login_refused' },
  AUTH: { atLogin: 'login_refused', later: 'login_refused' },
};

const LOGIN = new Set(['greeting', 'USER', 'PASS', 'AUTH', 'APOP']);

const byCommand: Record<string, ErrorCode> = {
  greeting: 'connection_refused',
  STLS: 'tls_failed',
  USER: 'login_refused',
  PASS: 'login_refused',
  AUTH: 'login_refused',
  DELE: 'disposal_refused',
  QUIT: 'disposal_refused',
};

/** Words for a locked maildrop of servers without response codes. */
const LOCKED =
  /\b(maildrop|mailbox|mail ?drop)\b.*\b(locked|in use|busy)\b|\block(ed)?\b.*\b(maildrop|mailbox)\b/i;

function refusalCode({ command, said }: Pop3Error): ErrorCode {
  const [, responseCode = ''] = /^\[([A-Z0-9/-]+)\]/i.exec(said) ?? [];
  const meant = byResponseCode[responseCode.toUpperCase()];
  const told = LOGIN.has(command) ? meant?.atLogin : meant?.later;
  if (told) return told;
  const code = byCommand[command] ?? 'protocol_violation';
  return code === 'login_refused' && LOCKED.test(said) ? 'mailbox_busy' : code;
}

/** Whether the server said no, and the connection goes on. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Pop3Error && error.code === 'REFUSED';
}
