// Answers a request to $cbs or $management over the link the client opened for replies.

import type { Connection, link, Message, Sender } from 'rhea';

/** Sends the answer; silently nowhere when the client has closed its reply link meanwhile. */
export function reply(
  connection: Connection,
  request: Message,
  properties: Record<string, unknown>,
  body?: unknown,
): void {
  const replyTo = request.reply_to;
  // core-amqp gives the name of its link to $cbs, and the target address of its links to $management; Python's uamqp gives nothing
  // at $cbs, and waits at its one link from there.
  const waits = (candidate: link) =>
    replyTo === undefined
      ? candidate.source?.address === '$cbs'
      : candidate.name === replyTo || candidate.target?.address === replyTo;
  const sender = connection.find_sender(waits) as Sender | undefined;
  sender?.send({
    ...(replyTo !== undefined && { to: replyTo }),
    ...(request.message_id !== undefined && { correlation_id: request.message_id }),
    application_properties: properties,
    body,
  });
}
