// What every link of a client shares.

import type { Connection } from 'rhea';
import type { Faults } from '../faults.ts';
import type { Namespace } from './namespace.ts';

export type Broker = {
  namespace: Namespace;
  faults: Faults;
  /** Connections that have presented a good token, or logged in. */
  authorized: WeakSet<Connection>;
};
