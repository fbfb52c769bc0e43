// The SMTP client as every connection of ours sets it up: to a vetted address, encrypted, under the name that the certificate has.
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Outgoing, ServerMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import { toSmtpError } from './errors.ts';

/** A server, and the address that its name was vetted as. */
export type SubmissionServer = Pick<Outgoing, 'host' | 'port' | 'tls'> &
  Pick<ServerMailbox, 'caCertificate'> & {
    address: string;
    /** What we call ourselves to it (RFC 5321 4.1.1.1): a function app has no name of its own. */
    clientName: string;
    signal: AbortSignal;
  };

/** An open connection, greeted and encrypted as was wanted. */
export type SmtpClient = {
  connection: SMTPConnection;
  /** Undefined without TLS. */
  secured: TLSSocket | undefined;
  /** Runs a command, which ends with the connection. Throws as nodemailer does. */
  ask: <T>(
    run: (done: (error: Error | null | undefined, value?: T) => void) => void,
  ) => Promise<T | undefined>;
  /** Ends it with QUIT; never throws. */
  quit: () => void;
};

const SILENCE_MS = 30_000;

/** Connects, says EHLO, begins TLS. Loaded at the first use: no function that sends nothing has it in memory. */
export async function connectSmtp(server: SubmissionServer): Promise<SmtpClient> {
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  const { host, port, tls, caCertificate, address, clientName, signal } = server;
  signal.throwIfAborted();
  const connection: SMTPConnection = new Connection({
    host: address,
    ...(isIP(host) ? {} : { servername: host }),
    port,
    name: clientName,
    secure: tls === 'implicit',
    // A requirement: without STARTTLS nothing is sent (RFC 8314 3.2); nor is it begun where plaintext was wanted.
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: caCertificate === null ? {} : { ca: caCertificate },
    connectionTimeout: SILENCE_MS,
    greetingTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    maxResponseSize: 64 * 1024,
  });
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  const abandon = () => {
    broken.reject(signal.reason);
    connection.close();
  };
  signal.addEventListener('abort', abandon, { once: true });
  connection.on('error', broken.reject);
  connection.once('end', () => {
    signal.removeEventListener('abort', abandon);
    broken.reject(Object.assign(new Error('The connection was closed'), { code: 'ECONNECTION' }));
  });
  const ask: SmtpClient['ask'] = run => {
    const asked = new Promise<never | undefined>((resolve, reject) => {
      run((error, value) => (error ? reject(error) : resolve(value as never)));
    });
    return Promise.race([asked, broken.promise]);
  };
  try {
    await ask(done => connection.connect(done));
  } catch (error) {
    connection.close();
    throw error;
  }
  const { secure } = connection;
  return {
    connection,
    secured: secure ? (connection._socket as TLSSocket) : undefined,
    ask,
    quit: () => connection.quit(),
  };
}

/** Runs with a connection, and ends it. @throws MaloteError */
export async function withSmtp<T>(
  server: SubmissionServer,
  run: (client: SmtpClient) => Promise<T>,
): Promise<T> {
  let client: SmtpClient | undefined;
  try {
    client = await connectSmtp(server);
    return await run(client);
  } catch (error) {
    const { reason, aborted } = server.signal;
    throw aborted && reason instanceof MaloteError ? reason : toSmtpError(error);
  } finally {
    client?.quit();
  }
}
