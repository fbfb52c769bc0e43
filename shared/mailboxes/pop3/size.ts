// A mail to the byte: without the line end that a server adds to mails that lack it, so that the final dot stands alone.

const CRLF = Buffer.from('\r\n');

/**
 * Passes chunks on. What exceeds the size that the server told by exactly one line end is that line end, which is not the
 * mail's; a server that counts otherwise loses nothing else by it.
 */
export async function* withoutAddedLineEnd(
  chunks: AsyncIterable<Buffer>,
  sizeBytes: number,
): AsyncGenerator<Buffer> {
  let left = sizeBytes;
  let beyond: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const within = chunk.subarray(0, left);
    left -= within.length;
    if (within.length > 0) yield within;
    if (within.length === chunk.length) continue;
    beyond = Buffer.concat([beyond, chunk.subarray(within.length)]);
    if (beyond.length <= CRLF.length) continue;
    yield beyond;
    beyond = Buffer.alloc(0);
    left = Number.POSITIVE_INFINITY;
  }
  if (!beyond.equals(CRLF)) yield beyond;
}
