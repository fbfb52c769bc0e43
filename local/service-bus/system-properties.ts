// The properties of a message that filters reach by name beside the application's own.

import type { Message } from 'rhea';

/** Name as written after `sys.` (in lower case) -> the member of the AMQP message. `label` is the older name of `subject`. */
const members = {
  messageid: 'message_id',
  correlationid: 'correlation_id',
  label: 'subject',
  subject: 'subject',
  to: 'to',
  replyto: 'reply_to',
  contenttype: 'content_type',
} as const satisfies Record<string, keyof Message>;

export function isSystemProperty(name: string): name is keyof typeof members {
  return Object.hasOwn(members, name);
}

export function systemProperty(message: Message, name: keyof typeof members): unknown {
  return message[members[name]];
}
