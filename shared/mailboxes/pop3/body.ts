// What becomes of the lines of a multi-line POP3 response: collected in memory, or passed on as a stream.
import { Readable } from 'node:stream';
import { DotReader } from './dots.ts';

/** How a response is read after its +OK. */
export type Body = {
  dots: DotReader;
  /** What the command gives as soon as +OK was read; without it the command gives what `end` does. */
  begin?: () => unknown;
  take: (piece: Buffer) => void;
  end: () => unknown;
  /** Told when the connection is lost on the way. */
  fail?: (error: Error) => void;
};

/** Collects a response up to so many bytes; what comes beyond is read and dropped, and `over` is told once. */
export function collected(longestBytes: number, over: () => void): Body {
  const pieces: Buffer[] = [];
  let size = 0;
  return {
    dots: new DotReader(),
    take: piece => {
      if (size > longestBytes) return;
      pieces.push(piece);
      size += piece.length;
      if (size > longestBytes) over();
    },
    end: () => Buffer.concat(pieces).subarray(0, longestBytes),
  };
}

const STREAM_BUFFER_BYTES = 256 * 1024;

/** What a stream asks of the connection that it comes from. */
type Source = {
  pause: () => void;
  resume: () => void;
  /** The reader gave up: what is left of the response would have to be read by nobody. */
  abandon: () => void;
};

/** Passes a response on as it comes, and lets the server wait while nobody reads. */
export function streamed({ pause, resume, abandon }: Source): Body {
  let ended = false;
  const stream = new Readable({
    highWaterMark: STREAM_BUFFER_BYTES,
    read: resume,
    destroy: (error, done) => {
      if (!ended) abandon();
      done(error);
    },
  });
  // Its reader is told; between two reads there may be nobody, which is no reason to end the process.
  stream.on('error', () => {});
  return {
    dots: new DotReader(),
    begin: () => stream,
    take: piece => {
      if (!stream.push(piece)) pause();
    },
    end: () => {
      ended = true;
      stream.push(null);
    },
    fail: error => void stream.destroy(error),
  };
}
