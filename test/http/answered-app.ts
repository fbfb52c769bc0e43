// An app whose functions do all that leaves a caller without an answer, under the guard.
import { setImmediate } from 'node:timers/promises';
import { app, type HttpHandler, type HttpResponseInit } from '@azure/functions';
import { answerAlways } from '../../shared/http/answer-always.ts';
import { gate, observe } from '../local/host-app/observations.ts';

app.setup({ enableHttpStream: true });
answerAlways(app.hook, 1_000);

/** What a handler without types may return. */
const returning =
  (value: unknown): HttpHandler =>
  () =>
    value as HttpResponseInit;
const streaming =
  (body: () => AsyncGenerator<Buffer>, headers: Record<string, string> = {}): HttpHandler =>
  () => ({ headers, body: body() });

app.http('fine', { handler: returning({ jsonBody: { fine: true }, headers: { 'x-own': 'yes' } }) });
app.http('empty', { handler: returning({ status: 204 }) });
app.http('nothing', { handler: returning(undefined) });
app.http('a-text', { handler: returning('a text') });
app.http('no-status', { handler: returning({ status: 42 }) });
app.http('no-header', { handler: returning({ headers: { 'not a name': 'x' } }) });
app.http('throws', {
  handler: () => {
    throw new Error('abre-te sésamo');
  },
});

app.http('half', {
  handler: streaming(
    async function* () {
      yield Buffer.from('half');
      await gate('half').promise;
      throw new Error('the blob broke');
    },
    { 'content-length': '1000' },
  ),
});

app.http('breaks-at-once', {
  handler: streaming(
    async function* () {
      yield* [] as Buffer[];
      await setImmediate();
      throw new Error('the blob is gone');
    },
    { 'content-length': '1000', 'content-type': 'message/rfc822' },
  ),
});

app.http('endless', {
  handler: streaming(async function* () {
    try {
      for (;;) {
        observe('chunk');
        yield Buffer.alloc(1_000_000);
        await setImmediate();
      }
    } finally {
      observe('endless ended');
    }
  }),
});

app.http('waits', {
  handler: async (_request, { invocationId }) => {
    observe('waits', { invocationId });
    await gate('waits').promise;
    return { body: 'for whoever asked first' };
  },
});
