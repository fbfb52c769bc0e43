// Bounces of Amazon SES as Amazon SNS mails them: JSON, the notification inside as a string.
// https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html

import type { FailedRecipient } from '../domain/mail/mail.ts';
import { addressesIn } from './addresses-in-text.ts';

/** What SES tells of the failure. `messageId` is the original's, where SES was told to include its headers. */
export type SesBounce = { recipients: FailedRecipient[]; messageId: string | null };

/**
 * Reads the notification of a bounce. Lines may be broken anywhere by the servers under way: no JSON parser would read it.
 *
 * @param text of a mail with the header `x-amz-sns-message-id`
 * @returns null when it tells of something else
 */
export function readSesBounce(text: string): SesBounce | null {
  const json = text.slice(0, 40_000).replace(/!\n /g, '').replaceAll('\\"', '"');
  if (!/"(?:notification|event)Type"\s?:\s?"Bounce"/.test(json)) return null;
  const [, list = ''] = /"bouncedRecipients"\s?:\s?\[([^\]]{0,20000})/.exec(json) ?? [];
  const recipients = list.split('{').flatMap(told => {
    const [named] = addressesIn(member(told, 'emailAddress') ?? '');
    if (!named) return [];
    return {
      address: named.address,
      action: member(told, 'action') === 'delayed' ? ('delayed' as const) : ('failed' as const),
      status: member(told, 'status'),
      diagnostic: member(told, 'diagnosticCode')?.replace(/^smtp; /, '') ?? null,
    };
  });
  const messageId = /"messageId"\s?:\s?"(<[^<>"\s]{1,998}>)"/.exec(json)?.[1] ?? null;
  return { recipients, messageId };
}

function member(json: string, name: string): string | null {
  return new RegExp(`"${name}"\\s?:\\s?"([^"]{1,1000})"`).exec(json)?.[1] ?? null;
}
