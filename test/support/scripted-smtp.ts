// An SMTP server that says what a test writes for it: for what Exim never says, and for transcripts of real servers.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import type { Authority } from '../../local/tls.ts';

/** Replies by the beginning of the line, the longest that fits; `greeting` comes first, `content` answers the end of a mail. */
export type SmtpScript = Record<string, string>;

const plainServer: SmtpScript = {
  greeting: '220 mx.example ESMTP',
  EHLO: '250-mx.example\r\n250-AUTH PLAIN LOGIN XOAUTH2\r\n250 SIZE 1000000',
  AUTH: '235 2.7.0 Authentication successful',
  'MAIL FROM': '250 2.1.0 ok',
  'RCPT TO': '250 2.1.5 ok',
  DATA: '354 go on',
  content: '250 2.0.0 queued',
  QUIT: '221 bye',
};

export type ScriptedSmtp = { port: number; commands: string[] };

/** Starts a server for the tests of one file, with TLS from the start when given an authority. */
export async function startScriptedSmtp(script: SmtpScript, tls?: Authority): Promise<ScriptedSmtp> {
  const replies = { ...plainServer, ...script };
  const commands: string[] = [];
  const accept = (socket: Socket) => {
    socket.on('error', () => {});
    const replyTo = (line: string) => {
      const fitting = Object.keys(replies).filter(start => line.toUpperCase().startsWith(start));
      return replies[fitting.toSorted((a, b) => b.length - a.length)[0] ?? ''] ?? '500 5.5.2 unknown';
    };
    const say = (reply: string | undefined) => socket.write(`${reply}\r\n`);
    let isContent = false;
    say(replies.greeting);
    createInterface({ input: socket }).on('line', line => {
      if (isContent && line !== '.') return;
      commands.push(line);
      const reply = isContent ? replies.content : line === '' ? replies.challenged : replyTo(line);
      isContent = reply?.startsWith('354') ?? false;
      say(reply);
    });
  };
  const server = tls ? createTlsServer({ cert: tls.certPem, key: tls.keyPem }, accept) : createServer(accept);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  return { port: (server.address() as AddressInfo).port, commands };
}
