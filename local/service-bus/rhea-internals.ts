// The few things of rhea that its types do not publish, each with why it is needed. They are why its version is pinned.

import type { AmqpError, Connection, Container, Delivery, Sender } from 'rhea';
import rhea from 'rhea';

type SenderInternals = {
  state: { open_requests: number };
  credit: number;
  delivery_count: number;
  _draining: boolean;
  _get_drain: () => boolean;
  local: { attach: { snd_settle_mode: number; rcv_settle_mode: number } };
  session: {
    outgoing: { available(): number; next_delivery_id: number; next_pending_delivery: number };
  };
};

type ServerMechanism = { callback?: CheckPassword; outcome?: boolean };

type CheckPassword = (username: string | null, password: string | null) => boolean;

type Outcomes = {
  accepted(): { described(): unknown };
  rejected(fields: { error: AmqpError }): { described(): unknown };
};

/** Sender settle mode "settled" (AMQP 1.0 2.8.2): what is sent needs no answer. */
export const settled = 1;

/** Answers the attach with the settle modes the client asked for; rhea settles transfers by the answer's. */
export function echoSettleModes(sender: Sender): void {
  const { attach } = internals(sender).local;
  attach.snd_settle_mode = sender.snd_settle_mode;
  attach.rcv_settle_mode = sender.rcv_settle_mode;
}

/** Sends everything on this link settled: replies to requests, about which the client has nothing to decide. */
export function sendSettled(sender: Sender): void {
  internals(sender).local.attach.snd_settle_mode = settled;
}

/**
 * Answers every drain. rhea stays silent when a message has just used the last credit, and the client then waits for
 * its drain timeout and closes the link. AMQP 1.0 2.6.7: the sender advances delivery-count until credit is consumed.
 */
export function answerEveryDrain(sender: Sender): void {
  const link = internals(sender);
  link._get_drain = () => {
    if (!link._draining) return false;
    link.delivery_count += link.credit;
    link.credit = 0;
    return true;
  };
  sender.on('sender_draining', () => sender.set_drained(true));
}

/**
 * How many messages the client can take: its credit less what rhea has queued but not yet written. None before the attach
 * is answered: rhea writes transfers first, and a client whose credit came along with its attach then knows no such link.
 */
export function roomOf(sender: Sender): number {
  const { credit, session, state } = internals(sender);
  if (state.open_requests > 0) return 0;
  const { outgoing } = session;
  if (!sender.is_open() || outgoing.available() <= 0) return 0;
  return credit - (outgoing.next_delivery_id - outgoing.next_pending_delivery);
}

/** Ends a delivery the client has decided about; with an error, its decision is refused. */
export function settleDelivery(delivery: Delivery, error: AmqpError | undefined): void {
  const outcomes = rhea.message as unknown as Outcomes;
  delivery.update(true, error ? outcomes.rejected({ error }).described() : outcomes.accepted().described());
  // The client does not answer this; without the mark, rhea keeps the delivery for ever and stops at 2048 of them.
  (delivery as { remote_settled: boolean }).remote_settled = true;
}

/**
 * Offers what Azure's own clients begin with: no name yet, for a token is put afterwards. Some call it ANONYMOUS, those for .NET and
 * older ones for Python insist on MSSBCBS (claims-based security); it begins and ends as the other.
 */
export function offerClaims({ sasl_server_mechanisms }: Container): void {
  sasl_server_mechanisms.enable_anonymous();
  const offered = sasl_server_mechanisms as unknown as Record<string, unknown>;
  offered.MSSBCBS = offered.ANONYMOUS;
}

/** Offers SASL PLAIN; `isLoggedIn` then tells of a connection whether it was opened so, and not by a name alone. */
export function offerPlain(container: Container, check: CheckPassword): (connection: Connection) => boolean {
  container.sasl_server_mechanisms.enable_plain(check);
  return connection => {
    const { sasl_transport } = connection as unknown as {
      sasl_transport?: { selected?: { mechanism?: ServerMechanism } };
    };
    const { callback, outcome } = sasl_transport?.selected?.mechanism ?? {};
    return callback === check && outcome === true;
  };
}

/** Breaks the connection as a network would. Only with an error does rhea notice and stop its timers. */
export function breakConnection(connection: Connection): void {
  connection.socket.destroy(new Error('broken by the local Service Bus'));
}

function internals(sender: Sender): SenderInternals {
  return sender as unknown as SenderInternals;
}
