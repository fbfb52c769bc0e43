// Several mails that lie before one parsing thread: what becomes of the others when one of them is too much.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { ParsedMail } from '../../shared/mime/parse.ts';
import { createParser, type Parser, type ParserOptions } from '../../shared/mime/parser.ts';

const options = { ownAddresses: [] };
const head = 'From: Ana <ana@example.com>\r\n';
const small = (text: string) => ({ bytes: Buffer.from(`${head}\r\n${text}\r\n`) });
const large = {
  bytes: Buffer.from(`${head}Content-Type: text/html\r\n\r\n${'<p>a <b>c</b>'.repeat(70_000)}`),
};
const texts = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

const parseAll = (parser: Parser) => texts.map(text => parser.parse(small(text), options));
const textOf = ({ mail }: ParsedMail) => mail.text.trim();
const defectOf = ({ mail }: ParsedMail) => mail.parse.defects[0]?.code;

/** A parser that has parsed one mail, and its first thread. */
async function withParser(settings: ParserOptions, use: (parser: Parser, thread: Worker) => Promise<void>) {
  const started = new Promise<Worker>(resolve => process.once('worker', resolve));
  const parser = createParser(settings);
  try {
    await parser.parse(small('first'), options);
    await use(parser, await started);
  } finally {
    await parser.close();
  }
}

/** A mail that takes until `end` is written and closed; the thread is at it when it is given. Whoever opens it later finds a file. */
async function withSlowMail(
  parser: Parser,
  use: (slow: Promise<ParsedMail>, end: FileHandle) => Promise<void>,
) {
  const folder = await mkdtemp(join(tmpdir(), 'malote-slow-'));
  const path = join(folder, 'mail.eml');
  execFileSync('mkfifo', [path]);
  const slow = parser.parse({ path }, options);
  const end = await open(path, 'w');
  await rm(path);
  await writeFile(path, small('slow').bytes);
  try {
    await use(slow, end);
  } finally {
    await end.close();
    await rm(folder, { recursive: true });
  }
}

describe('mails before one parsing thread', () => {
  it('are parsed but for the one that takes too much memory', async () => {
    await withParser({ heapMegabytes: 60, timeLimitMs: () => 600_000 }, async parser => {
      const [before, stopped, behind] = [parseAll(parser), parser.parse(large, options), parseAll(parser)];
      assert.deepEqual((await Promise.all(before)).map(textOf), texts);
      assert.equal(defectOf(await stopped), 'out_of_memory');
      assert.deepEqual((await Promise.all(behind)).map(textOf), texts);
    });
  });

  it('have all of their time left when the one before them has used up its own', async () => {
    await withParser({ timeLimitMs: () => 1_000 }, async parser => {
      await withSlowMail(parser, async slow => {
        const behind = parseAll(parser);
        assert.equal(defectOf(await slow), 'timed_out');
        assert.deepEqual((await Promise.all(behind)).map(textOf), texts);
      });
    });
  });

  it('are parsed by another while it is at a slow one, and not again', async () => {
    await withParser({ workers: 2, timeLimitMs: () => 600_000 }, async (parser, thread) => {
      let answers = 0;
      await withSlowMail(parser, async (slow, end) => {
        thread.on('message', () => answers++);
        const behind = parseAll(parser);
        assert.deepEqual((await Promise.all(behind)).map(textOf), texts);
        assert.equal(answers, 0);
        await end.writeFile(small('slow').bytes);
        await end.close();
        assert.equal(textOf(await slow), 'slow');
      });
      const later = await parser.parse(small('later'), options);
      assert.equal(textOf(later), 'later');
      assert.equal(answers, 2);
    });
  });

  it('are parsed when the thread ends, but for the one that it was at', async () => {
    await withParser({ timeLimitMs: () => 600_000 }, async (parser, thread) => {
      await withSlowMail(parser, async (slow, end) => {
        const behind = parseAll(parser);
        await setImmediate();
        const ended = thread.terminate();
        await end.close();
        await ended;
        assert.equal(defectOf(await slow), 'parser_failed');
        assert.deepEqual((await Promise.all(behind)).map(textOf), texts);
      });
    });
  });

  it('are all parsed when the thread ends before its answers were heard', async () => {
    await withParser({}, async (parser, thread) => {
      const parsing = parseAll(parser);
      await setImmediate();
      standStill(500);
      await thread.terminate();
      assert.deepEqual((await Promise.all(parsing)).map(textOf), texts);
    });
  });

  it('are not stopped for the time in which their answer was not heard', async () => {
    await withParser({ timeLimitMs: () => 500 }, async parser => {
      const parsing = parser.parse(small('late'), options);
      await setImmediate();
      standStill(600);
      assert.equal(textOf(await parsing), 'late');
    });
  });

  it('are all parsed when the thread has ended before it was at any', async () => {
    await withParser({}, async (parser, thread) => {
      const ended = thread.terminate();
      const parsing = parseAll(parser);
      await ended;
      assert.deepEqual((await Promise.all(parsing)).map(textOf), texts);
    });
  });

  it('are stopped one by one when the thread ends at each', async () => {
    const end = (thread: Worker) => void thread.terminate();
    const parser = createParser();
    process.on('worker', end);
    try {
      const stopped = await Promise.all(parseAll(parser));
      assert.deepEqual(
        stopped.map(defectOf),
        texts.map(() => 'parser_failed'),
      );
    } finally {
      process.off('worker', end);
      await parser.close();
    }
  });
});

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
