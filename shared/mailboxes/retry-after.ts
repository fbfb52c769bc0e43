// How long a service asks to wait, as HTTP says it.

/** The header Retry-After, seconds or a date (RFC 9110 10.2.3), in milliseconds from `now`; undefined when it says nothing. */
export function retryAfterMs(headers: Headers, now: Date): number | undefined {
  const written = headers.get('retry-after');
  if (written === null) return undefined;
  const waitMs = /^\d+$/.test(written) ? Number(written) * 1000 : Date.parse(written) - now.getTime();
  return Number.isNaN(waitMs) ? undefined : Math.max(waitMs, 0);
}
