// A POP3 server that does what a test says: what no Dovecot would answer, and a record of what it was asked.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { after } from 'node:test';

export type ServedMail = { raw: Buffer | string; uidl?: string; sizeBytes?: number };

export type Pop3Server = {
  port: number;
  /** What it serves; a test may change it between sessions. */
  mails: ServedMail[];
  /** Every command of every session, as it came. */
  commands: string[];
  /** How often a command was given that begins so. */
  count: (beginning: string) => number;
};

type Options = {
  /** Any free one unless told. */
  port?: number;
  mails?: ServedMail[];
  capabilities?: string[];
  /** Said instead of what the server would answer, by how the command begins; `greeting` for the greeting. */
  answers?: Record<string, string | ((socket: Socket) => void)>;
  /** Mails that were deleted stay, as with servers that "keep a copy". */
  keepsCopies?: boolean;
};

/** Call within a test file; it is closed with the file. */
export async function servePop3(options: Options = {}): Promise<Pop3Server> {
  const { mails = [], capabilities = ['TOP', 'UIDL', 'USER', 'PIPELINING'], answers = {} } = options;
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const served: Pop3Server = {
    port: 0,
    mails,
    commands,
    count: beginning => commands.filter(command => command.startsWith(beginning)).length,
  };
  const server = createServer(async socket => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
    socket.on('error', () => {});
    const say = (text: string) => void socket.write(text, 'latin1');
    const answer = (command: string, usual: () => string) => {
      const [, scripted] = Object.entries(answers).find(([beginning]) => command.startsWith(beginning)) ?? [];
      if (typeof scripted === 'function') scripted(socket);
      else say(scripted ?? usual());
    };
    answer('greeting', () => '+OK ready\r\n');
    const maildrop = [...served.mails];
    const deleted = new Set<ServedMail>();
    const hasUidl = maildrop.length === 0 || maildrop.some(({ uidl }) => uidl);
    const offered = capabilities.filter(name => name !== 'UIDL' || hasUidl);
    for await (const command of linesOf(socket)) {
      commands.push(command);
      answer(command, () => {
        const [verb = '', argument = ''] = command.split(' ');
        const mail = maildrop[Number(argument) - 1];
        switch (verb) {
          case 'CAPA':
            return `+OK\r\n${offered.join('\r\n')}\r\n.\r\n`;
          case 'LIST':
            return listing(maildrop, ({ raw, sizeBytes }) => `${sizeBytes ?? Buffer.from(raw).length}`);
          case 'UIDL':
            return hasUidl ? listing(maildrop, ({ uidl }) => uidl ?? '') : '-ERR what?\r\n';
          case 'TOP':
            return mail ? `+OK\r\n${stuffed(headOf(mail))}.\r\n` : '-ERR no such mail\r\n';
          case 'RETR':
            return mail ? `+OK\r\n${stuffed(textOf(mail))}.\r\n` : '-ERR no such mail\r\n';
          case 'DELE':
            if (mail) deleted.add(mail);
            return '+OK\r\n';
          case 'QUIT':
            if (!options.keepsCopies) served.mails = served.mails.filter(each => !deleted.has(each));
            return '+OK bye\r\n';
          default:
            return '+OK\r\n';
        }
      });
      if (command === 'QUIT') socket.end();
    }
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  served.port = (server.address() as AddressInfo).port;
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await once(server.close(), 'close');
  });
  return served;
}

/** Until the client hangs up, however it does. */
async function* linesOf(socket: Socket): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: socket });
  } catch {}
}

function listing(mails: ServedMail[], describe: (mail: ServedMail) => string): string {
  return `+OK\r\n${mails.map((mail, index) => `${index + 1} ${describe(mail)}\r\n`).join('')}.\r\n`;
}

const textOf = ({ raw }: ServedMail) => Buffer.from(raw).toString('latin1');
const headOf = (mail: ServedMail) => `${textOf(mail).split('\r\n\r\n', 1)[0]}\r\n\r\n`;

function stuffed(text: string): string {
  const ended = text.endsWith('\r\n') ? text : `${text}\r\n`;
  return `\r\n${ended}`.replaceAll('\r\n.', '\r\n..').slice(2);
}
