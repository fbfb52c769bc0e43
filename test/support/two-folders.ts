// A scripted IMAP server with an INBOX and the folder "Feito", which copies and moves as a test says: not all of what it is told.
import type { Script } from './scripted-imap.ts';

export type FolderMail = {
  uid: number;
  fields: string;
  date: string;
  sizeBytes: number;
  deleted?: boolean;
};

/** A mail of that number; without a Message-ID where none is given. */
export function folderMail(uid: number, changes: Partial<FolderMail> & { id?: string } = {}): FolderMail {
  const { id, ...rest } = changes;
  const fields = `${id === undefined ? '' : `Message-ID: <${id}>\r\n`}From: a@example.net\r\nSubject: ${uid}\r\n`;
  const minute = String(uid % 60).padStart(2, '0');
  return { uid, fields, date: `01-Mar-2026 10:${minute}:00 +0000`, sizeBytes: 100 + uid, ...rest };
}

type Conduct = {
  capabilities?: string;
  /** What arrives in the destination of mails that are copied or moved; all of them unless told. */
  copies?: (mails: FolderMail[]) => FolderMail[];
  /** What is said to have been copied, by their UIDs; the truth unless told. Without UIDPLUS nothing is said. */
  names?: (uids: number[]) => number[];
  /** What leaves the INBOX of mails that are moved. */
  leaves?: (uids: number[]) => number[];
  /** The tagged answer to a COPY that was made. */
  answer?: string;
};

export type TwoFolders = { script: Script; inbox: FolderMail[]; done: FolderMail[] };

/** The script of such a server; `inbox` and `done` are its folders as they are. */
export function twoFolders(inbox: FolderMail[], conduct: Conduct = {}): TwoFolders {
  const { capabilities = '', copies = all => all, leaves = all => all, names = all => all } = conduct;
  const folders = { inbox, done: [] as FolderMail[] };
  let selected: 'inbox' | 'done' = 'inbox';
  const mails = () => folders[selected];
  const uidNext = (of: FolderMail[]) => Math.max(0, ...of.map(({ uid }) => uid)) + 1;
  const members = (set: string) => (uid: number) =>
    set.split(',').some(part => {
      const [first, last = first] = part
        .split(':')
        .map(end => (end === '*' ? Number.POSITIVE_INFINITY : Number(end)));
      return uid >= Number(first) && uid <= Number(last);
    });
  const open = (command: string) => {
    selected = /Feito/.test(command) ? 'done' : 'inbox';
    return [
      `* ${mails().length} EXISTS`,
      `* OK [UIDVALIDITY ${selected === 'done' ? 8 : 7}] valid`,
      `* OK [UIDNEXT ${uidNext(mails())}] next`,
      `TAG OK [READ-${command.startsWith('EXAMINE') ? 'ONLY' : 'WRITE'}] selected`,
    ].join('\r\n');
  };
  const search = (command: string) => {
    const uids = /UID ([\d:,*]+)/.exec(command.slice('UID SEARCH'.length));
    const size = /LARGER (\d+) SMALLER (\d+)/.exec(command);
    const id = /HEADER message-id "?(<[^>]*>)/i.exec(command);
    const found = mails().filter(
      ({ uid, sizeBytes, fields, deleted = false }) =>
        (!uids || members(uids[1] ?? '')(uid)) &&
        (!size || (sizeBytes > Number(size[1]) && sizeBytes < Number(size[2]))) &&
        (!id || fields.includes(id[1] ?? '')) &&
        (!/ DELETED/.test(command) || deleted) &&
        (!/UNDELETED/.test(command) || !deleted),
    );
    return `* SEARCH ${found.map(({ uid }) => uid).join(' ')}\r\nTAG OK done`;
  };
  const fetch = (command: string) => {
    const isAsked = members(command.split(' ')[2] ?? '');
    const asked = mails().filter(({ uid }) => isAsked(uid));
    const isWhole = command.includes('BODY.PEEK[]');
    const rows = (asked.length > 0 ? asked : mails().slice(-1)).map(({ uid, fields, date, sizeBytes }) => {
      const raw = `${fields}\r\nText of ${uid}\r\n`;
      return isWhole
        ? `* ${uid} FETCH (UID ${uid} BODY[]<0> {${raw.length}}\r\n${raw})`
        : `* ${uid} FETCH (UID ${uid} INTERNALDATE "${date}" RFC822.SIZE ${sizeBytes} BODY[HEADER.FIELDS (MESSAGE-ID)] {${fields.length + 2}}\r\n${fields}\r\n)`;
    });
    return [...rows, 'TAG OK done'].join('\r\n');
  };
  const copy = (command: string) => {
    const isAsked = members(command.split(' ')[2] ?? '');
    const asked = folders.inbox.filter(({ uid }) => isAsked(uid));
    const arriving = copies(asked);
    const first = uidNext(folders.done);
    folders.done.push(...arriving.map((mail, index) => ({ ...mail, uid: first + index })));
    const named = names(arriving.map(({ uid }) => uid));
    const code =
      capabilities.includes('UIDPLUS') && named.length > 0
        ? `[COPYUID 8 ${named.join(',')} ${named.map((_, index) => first + index).join(',')}] `
        : '';
    return { asked: asked.map(({ uid }) => uid), code };
  };
  const expunge = (isAsked: (uid: number) => boolean) => {
    folders[selected] = mails().filter(({ uid, deleted }) => !(deleted && isAsked(uid)));
    return 'TAG OK done';
  };
  const script: Script = {
    CAPABILITY: `* CAPABILITY IMAP4rev1 ${capabilities}\r\nTAG OK done`,
    SELECT: open,
    EXAMINE: open,
    'UID SEARCH': search,
    'UID FETCH': fetch,
    'UID COPY': command => conduct.answer ?? (({ code }) => `TAG OK ${code}done`)(copy(command)),
    'UID MOVE': command => {
      const { asked, code } = copy(command);
      const leaving = leaves(asked);
      folders.inbox = folders.inbox.filter(({ uid }) => !leaving.includes(uid));
      return `* OK ${code}moved\r\nTAG OK done`;
    },
    'UID STORE': command => {
      const isAsked = members(command.split(' ')[2] ?? '');
      for (const mail of mails()) if (isAsked(mail.uid)) mail.deleted = true;
      return 'TAG OK done';
    },
    EXPUNGE: () => expunge(() => true),
    'UID EXPUNGE': command => expunge(members(command.split(' ')[2] ?? '')),
  };
  return {
    script,
    get inbox() {
      return folders.inbox;
    },
    get done() {
      return folders.done;
    },
  };
}
