// Files in which a mail stands whole: Outlook's winmail.dat and S/MIME's smime.p7m. What is inside stands in for them.

import type { Readable } from 'node:stream';
import type { Protection } from '../domain/mail/mail.ts';
import { type Attachments, type KeptAttachment, readBeginning } from './attachments.ts';
import { readCms } from './cms.ts';
import type { Defects } from './defects.ts';
import type { HeaderFields } from './header-fields.ts';
import { joinForms, joinTexts, type Texts } from './join-texts.ts';
import { limits } from './limits.ts';
import { isTnef, readTnef } from './tnef.ts';

/** What was read of a mail besides its attachments. */
export type MailParts = Texts & { fields: HeaderFields; protections: Protection[] };

/** Reads a mail that stands inside of another; its attachments are added to those of the other. */
export type ReadParts = (
  raw: Uint8Array | Readable,
  attachments: Attachments,
  defects: Defects,
) => Promise<MailParts>;

/** `text` with what the container says; `spent` when all of it was read, so that it need not be listed. */
type Opened = { parts: MailParts; spent: boolean };

/**
 * Opens what can be opened among the attachments of a mail, also inside each other. What was found takes the place of the
 * container; one that could not be read whole stays beside, with a defect that says so.
 */
export async function openContainers(
  outer: MailParts,
  attachments: Attachments,
  readParts: ReadParts,
  defects: Defects,
): Promise<MailParts> {
  const { kept } = attachments;
  const depths = new Map<KeptAttachment, number>();
  let parts = outer;
  let opened = 0;
  // Outlook sends one form of the text in a winmail.dat; further ones are other mails'.
  let joinTnef = joinForms;
  for (let position = 0; position < kept.length; ) {
    const container = kept[position] as KeptAttachment;
    const kind = await kindOf(container);
    const depth = depths.get(container) ?? 0;
    if (!kind || isBeyondLimits(container, kind, opened, depth, defects)) {
      position++;
      continue;
    }
    opened++;
    const before = kept.length;
    const bytes = await readBeginning(container.content, limits.containerBytes);
    const result =
      kind === 'tnef'
        ? await openTnef(bytes, parts, joinTnef, attachments, defects)
        : await openSmime(bytes, container, parts, attachments, readParts, defects);
    parts = result.parts;
    if (kind === 'tnef') joinTnef = joinTexts;
    // Where no more are listed, some of what was inside may be missing.
    const spent = result.spent && kept.length < limits.attachments;
    const inside = kept.splice(before);
    for (const attachment of inside) depths.set(attachment, depth + 1);
    kept.splice(position, 1, ...(spent ? inside : [container, ...inside]));
    if (!spent) position++;
  }
  return parts;
}

async function kindOf(file: KeptAttachment): Promise<'tnef' | 'smime' | null> {
  const name = file.name ?? '';
  if (/^application\/(?:vnd\.)?ms-tnef$/.test(file.type) || /^win(?:mail)?\.dat$/i.test(name)) return 'tnef';
  // A signed document, as "contrato.pdf.p7m", is a file and no mail.
  if (/\.[a-z0-9]{2,5}\.p7m$/i.test(name)) return null;
  if (/^application\/(?:x-)?pkcs7-mime$/.test(file.type) || /\.p7m$/i.test(name)) return 'smime';
  const maybe = file.type === 'application/octet-stream' && isTnef(await readBeginning(file.content, 4));
  return maybe ? 'tnef' : null;
}

function isBeyondLimits(
  container: KeptAttachment,
  kind: 'tnef' | 'smime',
  opened: number,
  depth: number,
  defects: Defects,
): boolean {
  const isBeyond =
    container.sizeBytes > limits.containerBytes ||
    opened >= limits.containers ||
    depth >= limits.containerDepth;
  if (isBeyond) unread(kind, 'it is too large, or there are too many', defects);
  return isBeyond;
}

async function openTnef(
  bytes: Buffer,
  parts: MailParts,
  join: typeof joinForms,
  attachments: Attachments,
  defects: Defects,
): Promise<Opened> {
  const { text, html, files, unread: reason } = readTnef(bytes);
  for (const { name, content, type, contentId } of files)
    await attachments.addFile(name, content, type, contentId);
  const joined = join(parts, { text: html ? { text, html } : { text }, htmlStandsAlone: false });
  const isEmpty = files.length === 0 && !joined.text.text?.trim() && !joined.text.html;
  if (reason !== null || isEmpty) unread('tnef', reason ?? 'nothing was found in it', defects);
  return { parts: { ...parts, ...joined }, spent: reason === null && !isEmpty };
}

async function openSmime(
  bytes: Buffer,
  { smimeType }: KeptAttachment,
  parts: MailParts,
  attachments: Attachments,
  readParts: ReadParts,
  defects: Defects,
): Promise<Opened> {
  const object = readCms(bytes);
  const isEncrypted = object ? object.kind === 'encrypted' : /^(?:auth-?)?enveloped-?data$/.test(smimeType);
  if (isEncrypted) return { parts: protectedBy(parts, 'encrypted'), spent: false };
  // Outlook puts a mail that is signed beside its text in there as it is, without an object around.
  const content = object ? object.content : bytes;
  if (object?.kind === 'signed' && !content) return { parts, spent: false };
  const signed =
    object?.kind === 'signed' || smimeType === 'signed-data' ? protectedBy(parts, 'signed') : parts;
  if (!content || !isMimeEntity(content)) {
    unread('smime', 'it is damaged, or no mail', defects);
    return { parts: signed, spent: false };
  }
  const inner = await readParts(content, attachments, defects);
  const isWhole = object?.complete ?? true;
  if (!isWhole) unread('smime', 'it is cut off', defects);
  const protections = [...signed.protections, ...inner.protections];
  return { parts: { ...parts, ...joinTexts(inner, parts), protections }, spent: isWhole };
}

function protectedBy(parts: MailParts, how: 'signed' | 'encrypted'): MailParts {
  const protection: Protection = { kind: 'smime', signed: how === 'signed', encrypted: how === 'encrypted' };
  return { ...parts, protections: [...parts.protections, protection] };
}

/** RFC 8551 3.1: what is signed begins with a header. */
function isMimeEntity(content: Buffer): boolean {
  const beginning = content.toString('latin1', 0, 16 * 1024);
  const end = /\r?\n\r?\n/.exec(beginning)?.index;
  return /^(?:content-[a-z-]{1,30}|mime-version)[ \t]{0,10}:/im.test(beginning.slice(0, end));
}

function unread(kind: 'tnef' | 'smime', reason: string, defects: Defects): void {
  const what = kind === 'tnef' ? 'A winmail.dat' : 'A smime.p7m';
  defects.add(`${kind}_unread`, `${what} could not be read whole: ${reason}.`);
}
