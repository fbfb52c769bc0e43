// An IMAP server that says what a test writes for it: for what Dovecot never does, and for transcripts of real servers.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { CommandReader } from '../../local/mail/command-reader.ts';
import type { Authority } from '../../local/tls.ts';

/**
 * What is answered to one command: lines, with `TAG` for its tag; pieces of it, bytes and pauses among them; `silence`; or
 * `hangUp`, without a word.
 */
type Answer = string | readonly Piece[] | typeof silence | typeof hangUp;
type Piece = string | Buffer | { afterMs: number };
export const silence = Symbol('silence');
export const hangUp = Symbol('hangUp');

/**
 * Answers by the beginning of the command as the client wrote it without its tag, the longest that fits; `greeting` comes
 * first of all. A function is given the command.
 */
export type Script = Record<string, Answer | ((command: string) => Answer)>;

export type ScriptedImap = {
  port: number;
  /** Every command so far, without tags, passwords included. */
  commands: string[];
};

/** A plain server with an empty INBOX and no extension at all: neither SPECIAL-USE nor LITERAL+, MOVE or UIDPLUS. */
const plainServer: Script = {
  greeting: '* OK ready',
  CAPABILITY: ['* CAPABILITY IMAP4rev1', 'TAG OK done'].join('\r\n'),
  LOGIN: 'TAG OK logged in',
  'LIST "" ""': '* LIST (\\Noselect) "/" ""\r\nTAG OK done',
  LIST: command => `* LIST () "/" ${command.split(' ').at(-1)}\r\nTAG OK done`,
  LSUB: 'TAG OK done',
  SELECT: [
    '* 0 EXISTS',
    '* FLAGS (\\Seen \\Deleted)',
    '* OK [PERMANENTFLAGS (\\Seen \\Deleted)] kept',
    '* OK [UIDVALIDITY 7] valid',
    '* OK [UIDNEXT 1] next',
    'TAG OK [READ-WRITE] selected',
  ].join('\r\n'),
  'UID SEARCH': '* SEARCH\r\nTAG OK done',
  STATUS: command => `* STATUS ${command.split(' ')[1]} (MESSAGES 0)\r\nTAG OK done`,
  LOGOUT: '* BYE see you\r\nTAG OK done',
};

/** Starts a server for the tests of one file. It speaks implicit TLS when given an authority. */
export async function startScriptedImap(script: Script, tls?: Authority): Promise<ScriptedImap> {
  const answers = { ...plainServer, ...script };
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const accept = (socket: Socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
    // Clients of these tests hang up as they please.
    socket.on('error', () => {});
    void converse(socket, answers, commands).catch(() => {});
  };
  const server = tls ? createTlsServer({ cert: tls.certPem, key: tls.keyPem }, accept) : createServer(accept);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(async () => {
    const closed = once(server.close(), 'close');
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return { port: (server.address() as AddressInfo).port, commands };
}

async function converse(socket: Socket, answers: Script, commands: string[]): Promise<void> {
  const say = async (answer: Answer, tag: string) => {
    if (answer === hangUp) socket.destroy();
    if (typeof answer === 'symbol') return;
    // In one piece between pauses: a socket holds a second small write back until the first is acknowledged.
    let bytes: Buffer[] = [];
    for (const piece of [...(typeof answer === 'string' ? [answer] : answer), '\r\n']) {
      if (typeof piece === 'string') bytes.push(Buffer.from(piece.replaceAll('TAG', tag)));
      else if (Buffer.isBuffer(piece)) bytes.push(piece);
      else {
        socket.write(Buffer.concat(bytes));
        bytes = [];
        await wait(piece.afterMs, undefined, { ref: false });
      }
    }
    socket.write(Buffer.concat(bytes));
  };
  const answerTo = (command: string): Answer => {
    const fitting = Object.keys(answers).filter(start => command.startsWith(start));
    const answer = answers[fitting.toSorted((a, b) => b.length - a.length)[0] ?? ''];
    if (answer === undefined) return 'TAG BAD unknown command';
    return typeof answer === 'function' ? answer(command) : answer;
  };
  await say(answerTo('greeting'), '*');
  const reader = new CommandReader();
  for await (const chunk of socket) {
    for (const { command } of reader.read(chunk)) {
      if (!command) continue;
      commands.push(command.text);
      await say(answerTo(command.text), command.tag);
    }
  }
}
