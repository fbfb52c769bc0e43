// Structured logs: one JSON line per fact, ids bound once, never an address, a subject, a body or a secret.

import { countFact } from './figures.ts';

type Fields = Record<string, string | number | boolean | null | undefined>;

/** Where a line goes; Functions hands us the invocation's own sink so that lines carry its id. */
type Sink = (level: Level, line: string) => void;
type Level = 'debug' | 'info' | 'warn' | 'error';

export type Log = {
  /** Writes one fact. `event` is a stable kebab-case name, `fields` its figures and ids. */
  [level in Level]: (event: string, fields?: Fields) => void;
} & {
  /** A log whose every line carries these ids too. */
  bind: (fields: Fields) => Log;
};

/** A log that writes to `sink`, each line carrying `bound`. */
export function createLog(sink: Sink, bound: Fields = {}): Log {
  const at = (level: Level) => (event: string, fields?: Fields) => {
    const fact = { event, ...bound, ...fields };
    sink(level, JSON.stringify(fact));
    countFact(event, fact);
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    bind: fields => createLog(sink, { ...bound, ...fields }),
  };
}
