// What passed is gone: buffers that nobody holds do not wait for V8 to need room.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectAlongTheWay } from '../shared/garbage.ts';

const PIECE_BYTES = 64 * 1024;
const TOTAL_BYTES = 128 * 1024 * 1024;

test('of a long stream little is in memory at once', () => {
  const collect = collectAlongTheWay();
  const before = process.memoryUsage().arrayBuffers;
  let mostBytes = 0;
  for (let passed = PIECE_BYTES; passed <= TOTAL_BYTES; passed += PIECE_BYTES) {
    Buffer.alloc(PIECE_BYTES);
    collect(passed);
    mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - before);
  }
  assert.ok(mostBytes < 16 * 1024 * 1024, `${mostBytes} bytes were in memory at once`);
});

test('the collector is for this one use: scripts do not get to see it', () => {
  assert.equal(globalThis.gc, undefined);
});
