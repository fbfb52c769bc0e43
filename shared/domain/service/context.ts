// What the rules of a service need to know besides what its administrator wrote.
import type { Form } from '../form/form.ts';
import type { Group } from '../group.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { defaultSettings, type Settings } from '../settings.ts';
import type { MailLimits } from './mailbox-schema.ts';
import type { SecretName, Service } from './service.ts';

/** What the rules need to know besides the document. */
export type ServiceContext = {
  limits: MailLimits;
  settings: Pick<Settings, 'timeZone' | 'publicUrl'>;
  /** What is named by the document and exists. */
  groups: ReadonlyMap<string, Group>;
  schedules: ReadonlyMap<string, Schedule>;
  forms: ReadonlyMap<string, Form>;
  /** Ids of other services that already hold this name, or this host, login and folder. */
  nameHeldBy: string | undefined;
  loginHeldBy: string | undefined;
  /** Id of another service that reads the folder mail is moved to, and moves it back. */
  returnedBy: string | undefined;
  /** The service before the change; undefined when it is to be created. */
  current: Service | undefined;
  /** The secrets that are kept of the service before the change, and those that the change asks to forget. */
  keptSecrets: ReadonlySet<SecretName>;
  clearedSecrets: ReadonlySet<SecretName>;
  /** Where Entra ID sends a person back to who consented. */
  callbackUrl: string;
};

/** Nothing is there: for what holds of every service, such as which members there are. */
export const nothing: ServiceContext = {
  limits: { allowPlaintext: false, allowPrivateHosts: false, extraPorts: [] },
  settings: defaultSettings,
  groups: new Map(),
  schedules: new Map(),
  forms: new Map(),
  nameHeldBy: undefined,
  loginHeldBy: undefined,
  returnedBy: undefined,
  current: undefined,
  keptSecrets: new Set(),
  clearedSecrets: new Set(),
  callbackUrl: '',
};
