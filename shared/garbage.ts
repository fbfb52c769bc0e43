// The buffers that a large mail leaves behind, collected while it passes: by itself V8 lets too many pile up.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const COLLECTED_EVERY_BYTES = 8 * 1024 * 1024;

const collectGarbage = exposeCollector();

/**
 * For a stream that may be long: what it returns is to be told, as the stream goes, how many bytes have passed so far.
 *
 * Buffers lie outside of V8's heap, and go when the objects that hold them are collected. Those are few and small: V8 sees
 * no need until some 80 MB of buffers are waiting for it. Collecting all takes 25 ms for every 8 MB. Only the youngest
 * would take one, but now and then half of the buffers have just grown too old for that. Node's option
 * --max-semi-space-size would help as well; a function app does not start its own Node.
 */
export function collectAlongTheWay(): (passedBytes: number) => void {
  let collectedAtBytes = 0;
  return passedBytes => {
    if (passedBytes - collectedAtBytes < COLLECTED_EVERY_BYTES) return;
    collectedAtBytes = passedBytes;
    collectGarbage();
  };
}

/** V8 gives its collector only to contexts that are made while the flag is set. */
function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collector: () => void = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return collector;
}
