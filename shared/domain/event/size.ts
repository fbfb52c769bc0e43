// How an event stays within one billing unit of the bus: long texts are cut to previews.
import type { MailReceived } from '../../../schemas/events.d.ts';

/**
 * The most that an event and its properties may take, in bytes of JSON. Service Bus bills messages by 64 kB; what is
 * left is for AMQP's own frame and properties.
 */
export const maxEventBytes = 60_000;

/** With less room than this left for texts, a preview would say too little to be worth it. */
const shortestPreviewBytes = 2_000;

/** Bytes of a value as UTF-8 JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * Makes `data` fit into `room` bytes of JSON. What cannot stay whole is cut, marked so, and found at `bodyUrl`: first
 * the HTML, left out altogether because a part of it would not be valid, then the plain texts.
 * @returns undefined when even previews leave it too long
 */
export function fitBody(data: MailReceived, bodyUrl: string, room: number): MailReceived | undefined {
  const { text, newText, html } = data;
  const textBytes = contentBytes(text);
  const newTextBytes = contentBytes(newText);
  const htmlBytes = html === null ? 0 : jsonBytes(html);
  const left = room - jsonBytes({ ...data, text: '', newText: '', html: null, bodyUrl });
  if (textBytes + newTextBytes + htmlBytes <= left) return data;

  const withoutHtml = { ...data, html: null, htmlTruncated: html !== null, bodyUrl };
  if (textBytes + newTextBytes <= left) return withoutHtml;
  if (left < shortestPreviewBytes) return undefined;

  // Each text may take half, and what the other does not need.
  const newPreview = cutToJsonBytes(newText, Math.max(left / 2, left - textBytes));
  const preview = cutToJsonBytes(text, left - contentBytes(newPreview));
  return {
    ...withoutHtml,
    text: preview,
    textTruncated: preview.length < text.length,
    newText: newPreview,
    newTextTruncated: newPreview.length < newText.length,
  };
}

/** The longest beginning of `text` that takes at most `maxBytes` in a JSON string, never ending in half a character. */
export function cutToJsonBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const codePoint of text) {
    bytes += contentBytes(codePoint);
    if (bytes > maxBytes) break;
    end += codePoint.length;
  }
  return text.slice(0, end);
}

/** Bytes of a string in JSON, without the quotation marks. */
function contentBytes(text: string): number {
  return jsonBytes(text) - 2;
}
