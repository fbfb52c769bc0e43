// What a server speaks, told by the first that it says: of mail servers' ports the wrong one is the commonest mistake.
import { MaloteError } from '../errors.ts';
import type { Protocol } from './protocol.ts';

const greetings = [
  // RFC 9051 7.1
  { name: 'IMAP', begins: /^\* (OK|PREAUTH|BYE)\b/i, protocol: 'imap' },
  // RFC 1939 4
  { name: 'POP3', begins: /^(\+OK|-ERR)\b/i, protocol: 'pop3' },
  // RFC 5321 4.2
  { name: 'SMTP', begins: /^(220|421|554)[ -]/, protocol: undefined },
];

/** `protocol_violation` that says what the server speaks instead of `wanted`; undefined when its greeting does not tell. */
export function otherProtocol(greeting: string, wanted: Protocol): MaloteError | undefined {
  const spoken = greetings.find(({ begins }) => begins.test(greeting));
  if (spoken === undefined || spoken.name === wanted.name) return undefined;
  const { name, implicitPort, starttlsPort } = wanted;
  const ports = `mailbox.port ${implicitPort} ("implicit") or ${starttlsPort} ("starttls")`;
  const otherwise = spoken.protocol
    ? `, or set mailbox.protocol to "${spoken.protocol}"`
    : ', of the server that keeps the mail: this one sends it';
  const article = spoken.name === 'IMAP' || spoken.name === 'SMTP' ? 'an' : 'a';
  return new MaloteError('protocol_violation', `This is ${article} ${spoken.name} server.`, {
    cure: `For ${name} use ${ports}${otherwise}.`,
  });
}
