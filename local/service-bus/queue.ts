// One place where messages wait and are received from: a queue, a subscription, or a dead-letter queue. Peek-lock and its rules.

import type { Message } from 'rhea';
import type { QueueSettings } from './entities.ts';
import { encodeMessage, withProperties, withTtlAtMost } from './message.ts';
import { lockLost, messageNotFound, notAllowed } from './refusal.ts';
import type { MessageStore, StoredMessage } from './store.ts';
import { newLockToken } from './wire.ts';

/** A client's receiving link, as the queue sees it. */
export type Receiver = {
  /** Whether the client is still there. */
  isOpen(): boolean;
  /** How many messages it can take now. */
  room(): number;
  /** Asked before each message; false when something happened to the link instead. */
  admits(): boolean;
  /** Receive-and-delete: what is handed over is gone. */
  deletes: boolean;
  deliver(message: StoredMessage): void;
};

type Properties = Record<string, unknown>;

/** What a receiver decides about a message it holds the lock of. */
export type Outcome =
  | { kind: 'complete' }
  | { kind: 'abandon' | 'defer' | 'deadLetter'; properties?: Properties | undefined };

const unlocked = { lockToken: null, lockedUntil: null } as const;

export class Queue {
  readonly path: string;
  readonly #settings: QueueSettings;
  readonly #store: MessageStore;
  readonly #now: () => number;
  readonly #deadLetters: Queue | undefined;
  readonly #receivers = new Set<Receiver>();
  #wakeUp: NodeJS.Immediate | undefined;

  constructor(
    path: string,
    settings: QueueSettings,
    store: MessageStore,
    now: () => number,
    deadLetters: Queue | undefined,
  ) {
    this.path = path;
    this.#settings = settings;
    this.#store = store;
    this.#now = now;
    this.#deadLetters = deadLetters;
  }

  /** Puts a message at the end; gives its sequence number. */
  enqueue(incoming: Message): number {
    const { message, ttlMs } = withTtlAtMost(incoming, this.#settings.defaultTtlMs);
    const enqueuedAt = this.#now();
    const sequenceNumber = this.#store.add({
      entity: this.path,
      state: 'active',
      enqueuedAt,
      dueAt: null,
      expiresAt: ttlMs === Infinity ? null : enqueuedAt + ttlMs,
      deliveryCount: 0,
      ...unlocked,
      content: encodeMessage(message),
    });
    this.#wake();
    return sequenceNumber;
  }

  addReceiver(receiver: Receiver): void {
    this.#receivers.add(receiver);
  }

  /** Hands out what can be handed out now. */
  pump(): void {
    if (this.#wanting().length > 0) this.#store.transaction(() => this.#handOut());
  }

  /** One message a receiver a turn, so that none starves. */
  #handOut(): void {
    for (let wanting = this.#wanting(); wanting.length > 0; wanting = this.#wanting()) {
      const messages = this.#store.listAvailable(this.path, this.#now(), wanting.length);
      if (messages.length === 0) return;
      for (const [index, message] of messages.entries()) this.#handOver(message, wanting[index]);
    }
  }

  #wanting(): Receiver[] {
    for (const receiver of this.#receivers) if (!receiver.isOpen()) this.#receivers.delete(receiver);
    return [...this.#receivers].filter(receiver => receiver.room() > 0);
  }

  #handOver(message: StoredMessage, receiver: Receiver | undefined): void {
    if (!receiver?.admits()) return;
    if (receiver.deletes) {
      this.#store.remove(message.sequenceNumber);
      receiver.deliver(message);
    } else {
      receiver.deliver(this.#lock(message));
    }
  }

  /** Pumps soon, once for many messages. */
  #wake(): void {
    this.#wakeUp ??= setImmediate(() => {
      this.#wakeUp = undefined;
      this.pump();
    });
  }

  /** The next messages from this number on, whatever their state, without locking them. */
  peek(fromSequenceNumber: number, count: number): StoredMessage[] {
    return this.#store.listFrom(this.path, fromSequenceNumber, count);
  }

  /** Receives deferred messages by number: all, or none when one is missing, not deferred or locked. */
  receiveDeferred(sequenceNumbers: number[], deletes: boolean): StoredMessage[] {
    return this.#store.transaction(() =>
      sequenceNumbers.map(sequenceNumber => {
        const message = this.#store.find(sequenceNumber);
        if (message?.entity !== this.path || message.state !== 'deferred' || message.lockToken) {
          throw messageNotFound();
        }
        if (!deletes) return this.#lock(message);
        this.#store.remove(sequenceNumber);
        return message;
      }),
    );
  }

  #lock(message: StoredMessage): StoredMessage {
    const lockedUntil = this.#now() + this.#settings.lockMs;
    const locked = { ...message, lockToken: newLockToken(), lockedUntil };
    this.#store.save(locked);
    return locked;
  }

  /** Starts the lock's time anew; gives the new end. */
  renewLock(lockToken: string): number {
    const lockedUntil = this.#now() + this.#settings.lockMs;
    this.#store.save({ ...this.#getLocked(lockToken), lockedUntil });
    return lockedUntil;
  }

  settle(lockToken: string, outcome: Outcome): void {
    const message = this.#getLocked(lockToken);
    if (outcome.kind === 'complete') {
      this.#store.remove(message.sequenceNumber);
    } else if (outcome.kind === 'deadLetter') {
      this.#deadLetter(message, outcome.properties);
    } else {
      const changed = { ...message, content: withProperties(message.content, outcome.properties) };
      if (outcome.kind === 'abandon') this.#release(changed);
      else this.#store.save({ ...changed, ...unlocked, state: 'deferred' });
    }
  }

  #getLocked(lockToken: string): StoredMessage {
    const message = this.#store.findByLock(lockToken);
    if (message?.entity !== this.path || (message.lockedUntil ?? 0) <= this.#now()) throw lockLost();
    return message;
  }

  /** The lock's time ran out: the same as abandoning. */
  lapse(message: StoredMessage): void {
    this.#release(message);
  }

  #release(message: StoredMessage): void {
    const released = { ...message, ...unlocked, deliveryCount: message.deliveryCount + 1 };
    if (released.deliveryCount >= this.#settings.maxDeliveryCount) {
      this.#deadLetter(released, {
        DeadLetterReason: 'MaxDeliveryCountExceeded',
        DeadLetterErrorDescription: `Message could not be consumed after ${released.deliveryCount} delivery attempts.`,
      });
      return;
    }
    // A deferred message stays deferred: only those who know its number get it.
    this.#store.save(released);
    this.#wake();
  }

  expire(message: StoredMessage): void {
    if (this.#settings.deadLetterExpired) {
      this.#deadLetter(message, {
        DeadLetterReason: 'TTLExpiredException',
        DeadLetterErrorDescription: 'The message expired and was dead lettered.',
      });
    } else {
      this.#store.remove(message.sequenceNumber);
    }
  }

  /** Moves the message, with its delivery count; there it no longer expires. */
  #deadLetter(message: StoredMessage, properties: Properties | undefined): void {
    if (!this.#deadLetters) throw notAllowed('A message of a dead-letter queue cannot be dead-lettered.');
    this.#store.save({
      ...message,
      ...unlocked,
      entity: this.#deadLetters.path,
      state: 'active',
      expiresAt: null,
      content: withProperties(message.content, properties),
    });
    this.#deadLetters.#wake();
  }
}
