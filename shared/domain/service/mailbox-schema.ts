// How the mailbox of a service may be written: the account, the server, and what becomes of read mail.
import { X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { asks, line, wholeNumber } from '../schema-messages.ts';
import { auth, oauthOnly } from './auth-schema.ts';
import { canonicalHost, isPrivateHost } from './host.ts';
import { outgoingSchema } from './outgoing-schema.ts';
import type { MailboxSettings, ServerMailbox } from './service.ts';

/** What the deployment allows besides the safe defaults; each has an environment variable that messages name. */
export type MailLimits = {
  allowPlaintext: boolean;
  allowPrivateHosts: boolean;
  /** Ports allowed besides the mail ports. */
  extraPorts: readonly number[];
};

/** The ports of each protocol, with TLS from the start and without (RFC 8314 3.2 and 3.3). */
const protocolPorts = {
  imap: { implicit: 993, plain: 143 },
  pop3: { implicit: 995, plain: 110 },
};

/** The usual ports of both protocols. */
export const mailPorts = Object.values(protocolPorts)
  .flatMap(({ implicit, plain }) => [implicit, plain])
  .sort((a, b) => a - b);

/** The port that a protocol uses under this kind of TLS. */
export function defaultPort({ protocol, tls }: Pick<ServerMailbox, 'protocol' | 'tls'>): number {
  const { implicit, plain } = protocolPorts[protocol];
  return tls === 'implicit' ? implicit : plain;
}

/** The inbox has one name in any case (RFC 9051 5.1); other folders are named exactly as on the server. */
export function folderName(folder: string): string {
  return folder.toUpperCase() === 'INBOX' ? 'INBOX' : folder;
}

const destination = 'give the folder, named exactly as on the server, that mail is moved to';
const afterReadCure = 'give {"action": "move", "folder": "..."} or {"action": "delete"}';
const afterReadAsks = asks(afterReadCure, `an object; ${afterReadCure}`);

const afterRead = z
  .discriminatedUnion(
    'action',
    [
      z.strictObject({
        action: z.literal('move').meta({ title: 'Ação' }),
        folder: line(destination, 255).transform(folderName).meta({ title: 'Pasta Destino' }),
      }),
      z.strictObject({ action: z.literal('delete').meta({ title: 'Ação' }) }),
    ],
    {
      error: issue =>
        issue.code === 'invalid_union' ? 'must be "move" (to a folder) or "delete"' : afterReadAsks(issue),
    },
  )
  .meta({ title: 'Ação' });

const authservCure =
  'give the name with which the Authentication-Results of your mail server begin, such as mx.empresa.com.br, or leave it out';

/** Spelled as RFC 8601 2.2 has it where it is no quoted text; the case does not matter. */
const authservId = line(authservCure, 255)
  .regex(/^[^\s;="(),<>@[\]\\]+$/, `is not the name of a server; ${authservCure}`)
  .transform(id => id.toLowerCase())
  .optional()
  .meta({ title: 'Servidor que autentica (authserv-id)' });

const addressCure = 'give the address of the mailbox, such as suporte@empresa.com.br';
const hostCure = 'give the name of the server, such as imap.empresa.com.br';
const outgoingHostCure = 'give the name of the server that mail is sent by, such as smtp.empresa.com.br';

/** A mailbox as it was written, when it keeps every rule. */
export type MailboxDocument = z.output<ReturnType<typeof mailboxSchema>>;

/** The schema of `mailbox` under what the deployment allows. */
export function mailboxSchema(limits: MailLimits) {
  const account = {
    address: line(addressCure, 254)
      .regex(z.regexes.html5Email, `is not an e-mail address; ${addressCure}`)
      .meta({ title: 'E-mail' }),
    authservId,
  };
  const server = {
    ...account,
    username: line('give the login, or leave it out where it is the address', 256)
      .optional()
      .meta({ title: 'Login' }),
    host: host(limits, hostCure).meta({ title: 'Endereço Servidor' }),
    port: port(limits).optional().meta({ title: 'Porta Conexão' }),
    tls: tls(limits).meta({ title: 'Utilizar SSL' }),
    caCertificate: caCertificate.optional().meta({ title: 'Certificado da autoridade' }),
    auth,
    outgoing: outgoingSchema(
      { host: host(limits, outgoingHostCure), tls: tls(limits) },
      limits.extraPorts,
    ).optional(),
  };
  const imap = z.strictObject({
    protocol: protocol('imap'),
    ...server,
    folder: folder.default('INBOX'),
    afterRead,
  });
  const pop3 = z.strictObject({
    protocol: protocol('pop3'),
    ...server,
    folder: folder
      .refine(name => name === 'INBOX', 'must be "INBOX": POP3 reads nothing else; leave it out')
      .default('INBOX'),
    afterRead: afterRead.refine(({ action }) => action === 'delete', {
      path: ['action'],
      error:
        'must be "delete": POP3 cannot move mail; choose "delete" if mail may leave the server once it is taken in, or choose "imap"',
    }),
  });
  const graph = z.strictObject({
    protocol: protocol('graph'),
    ...account,
    folder: folder.default('INBOX'),
    afterRead,
    auth: oauthOnly,
  });
  const asksMailbox = asks(
    'give protocol, address, host, tls, afterRead and auth',
    'an object with protocol, address, host, tls, afterRead and auth',
  );
  return z.discriminatedUnion('protocol', [imap, pop3, graph], {
    error: issue =>
      issue.code === 'invalid_union'
        ? 'must be "imap", "pop3" or "graph" (Microsoft 365)'
        : asksMailbox(issue),
  });
}

function protocol<Name extends MailboxSettings['protocol']>(name: Name) {
  return z.literal(name).meta({ title: 'Tipo de Protocolo' });
}

const folder = line('give the folder that is read, or leave it out for the inbox', 255)
  .transform(folderName)
  .meta({ title: 'Pasta lida' });

function host({ allowPrivateHosts }: MailLimits, cure: string) {
  return line(cure, 253)
    .superRefine((written, context) => {
      const canonical = canonicalHost(written);
      if (canonical === undefined) {
        context.addIssue(`is not a host name; ${cure}, without protocol, port or path`);
      } else if (canonical !== withoutFinalDot(written)) {
        context.addIssue(`must be written as "${canonical}"`);
      } else if (!allowPrivateHosts && isPrivateHost(canonical)) {
        context.addIssue(
          'is an address of a private network or of this machine; give a public server, or let the operator set MAIL_ALLOW_PRIVATE_HOSTS',
        );
      }
    })
    .transform(withoutFinalDot);
}

function withoutFinalDot(written: string): string {
  return written.toLowerCase().replace(/\.$/, '');
}

function port({ extraPorts }: MailLimits) {
  const allowed = [...mailPorts, ...extraPorts];
  const cure = `give one of ${allowed.join(', ')}, leave it out for the usual one, or let the operator set MAIL_EXTRA_PORTS`;
  return wholeNumber(1, 65535, cure).refine(value => allowed.includes(value), `is not a mail port; ${cure}`);
}

function tls({ allowPlaintext }: MailLimits) {
  const kinds = '"implicit" (TLS from the start) or "starttls"';
  return z
    .enum(['implicit', 'starttls', 'none'], { error: asks(`give ${kinds}`, kinds) })
    .refine(
      value => value !== 'none' || allowPlaintext,
      `must be ${kinds}: "none" sends the password in the clear, and is possible only where the operator sets MAIL_ALLOW_PLAINTEXT`,
    );
}

const pemBlock = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;

const caCertificate = z
  .string({ error: 'must be a text: the certificate of the authority in PEM' })
  .max(20_000, 'is longer than 20000 characters; give only the certificate of the authority')
  .superRefine((pem, context) => {
    if (pem.includes('PRIVATE KEY')) {
      context.addIssue('contains a private key; give only the certificate, and consider the key disclosed');
    } else if (!isCertificates(pem)) {
      context.addIssue(
        'is not a certificate in PEM; give the text from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----',
      );
    }
  });

function isCertificates(pem: string): boolean {
  const blocks = pem.match(pemBlock) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    return false;
  }
  return blocks.length > 0 && pem.replaceAll(pemBlock, '').trim() === '';
}
