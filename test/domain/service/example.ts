// A valid service as a caller writes it, the context it is checked in, and how a test changes either.
import type { Group } from '../../../shared/domain/group.ts';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { applyMergePatch, type JsonObject } from '../../../shared/domain/merge-patch.ts';
import { readSchedule } from '../../../shared/domain/schedule/schedule.ts';
import type { ServiceContext } from '../../../shared/domain/service/context.ts';
import { type ReadService, readServiceDocument } from '../../../shared/domain/service/document.ts';
import type { ServerMailbox, Service } from '../../../shared/domain/service/service.ts';
import type { FieldError, MaloteError } from '../../../shared/errors.ts';

export const id = 'abcdefghijkl' as ServiceId;

export const valid: JsonObject = {
  name: 'Suporte',
  readFrom: '2026-03-01',
  mailbox: {
    protocol: 'imap',
    address: 'suporte@empresa.com.br',
    host: 'imap.empresa.com.br',
    tls: 'implicit',
    afterRead: { action: 'move', folder: 'Lidos' },
    auth: { type: 'basic', password: 'correct horse' },
  },
  groups: [{ groupId: 'vendas' }],
};

const groups: Group[] = [
  { id: 'vendas', name: 'Vendas', obsolete: false },
  { id: 'antigo', name: 'Antigo', obsolete: true },
];

const schedule = (id: string, obsolete: boolean) => ({
  ...readSchedule(id, { name: id, timeZone: 'America/Sao_Paulo', week: {} }),
  obsolete,
});
const schedules = [schedule('comercial', false), schedule('de-antes', true)];

export const context: ServiceContext = {
  limits: { allowPlaintext: false, allowPrivateHosts: false, extraPorts: [] },
  settings: { timeZone: 'America/Sao_Paulo', publicUrl: 'https://malote.empresa.com.br' },
  groups: new Map(groups.map(group => [group.id, group])),
  schedules: new Map(schedules.map(each => [each.id, each])),
  forms: new Map(),
  nameHeldBy: undefined,
  loginHeldBy: undefined,
  returnedBy: undefined,
  current: undefined,
  keptSecrets: new Set(),
  clearedSecrets: new Set(),
  callbackUrl: 'https://malote.empresa.com.br/api/oauth/callback',
};

/** The valid service with a merge patch applied, read in the context above changed by `given`. */
export function read(patch: JsonObject = {}, given: Partial<ServiceContext> = {}): ReadService {
  return readServiceDocument(id, applyMergePatch(valid, patch), { ...context, ...given });
}

/** The mailbox of a service that reads a mail server. */
export function serverOf({ mailbox }: Service): ServerMailbox {
  if (mailbox.protocol === 'graph') throw new Error('It is read over Graph');
  return mailbox;
}

/** Why a document is refused; fails the test when it is not. */
export function refusalOf(attempt: () => unknown): { code: string; fields: FieldError[] } {
  try {
    attempt();
  } catch (error) {
    const { code, fields } = error as MaloteError;
    return { code, fields };
  }
  throw new Error('It was accepted');
}
