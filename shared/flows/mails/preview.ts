// The preview of a mail: read from its raw, with the images that it brings along.
import type { Clients } from '../../clients.ts';
import type { MailKey } from '../../domain/ids.ts';
import type { Mail } from '../../domain/mail/mail.ts';
import { getRecord } from './read.ts';
import { rereadMail } from './reread.ts';

/** Bytes of images that a preview carries; what comes after is left out. */
const MOST_IMAGE_BYTES = 4 * 1024 * 1024;
const imageType = /^image\/(?:png|jpe?g|gif|webp|bmp)$/;

export type Preview = {
  mail: Mail;
  receivedAt: string;
  /** By position in the list of attachments: a `data:` address. */
  images: ReadonlyMap<number, string>;
};

/** @throws MaloteError `not_found`, `too_large` */
export async function previewMail(clients: Clients, key: MailKey): Promise<Preview> {
  const { receivedAt } = await getRecord(clients, key);
  const { mail, attachments } = await rereadMail(clients, key);
  const images = new Map<number, string>();
  let left = MOST_IMAGE_BYTES;
  for (const [position, { type, inline, sizeBytes }] of mail.attachments.entries()) {
    const kept = attachments[position];
    if (!inline || !imageType.test(type) || sizeBytes > left || !kept || !('content' in kept)) continue;
    left -= sizeBytes;
    images.set(position, `data:${type};base64,${Buffer.from(kept.content).toString('base64')}`);
  }
  return { mail, receivedAt, images };
}
