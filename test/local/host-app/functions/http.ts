// HTTP functions, one for each thing the host must do with a request.

import { setTimeout as delay } from 'node:timers/promises';
import { app, type HttpHandler, type HttpResponseInit } from '@azure/functions';
import { gate, observe } from '../observations.ts';

const parametersOf: HttpHandler = request => ({ jsonBody: request.params });

app.http('show', {
  route: 'api/shown/{id}',
  methods: ['GET', 'PATCH'],
  handler: async (request, context) => ({
    status: 201,
    headers: { 'x-out': 'yes' },
    cookies: [{ name: 'a', value: 'b', httpOnly: true }],
    jsonBody: {
      id: request.params.id,
      method: request.method,
      url: request.url,
      tags: request.query.getAll('tag'),
      header: request.headers.get('x-in'),
      traceParent: context.traceContext?.traceParent,
      body: await request.text(),
    },
  }),
});

app.http('literal', { route: 'api/shown/special', handler: () => ({ body: 'literal' }) });
app.http('a-parameter', { route: 'api/ordered/{id}', handler: () => ({ body: 'parameter' }) });
app.http('b-literal', { route: 'api/ordered/special', handler: () => ({ body: 'literal' }) });
app.http('optional', { route: 'api/optional/{number:int}/{name?}', handler: parametersOf });
app.http('rest', { route: 'files/{*path}', handler: parametersOf });
app.http('disabled', { handler: () => ({ body: 'never' }) });

app.http('echo', {
  methods: ['POST'],
  handler: request => ({ body: request.body ?? '', headers: { 'content-type': 'application/octet-stream' } }),
});

app.http('upload', {
  methods: ['POST'],
  handler: async request => {
    for await (const chunk of request.body ?? []) observe('uploaded', { sizeBytes: chunk.length });
    return { status: 200 };
  },
});

app.http('early', { methods: ['POST'], handler: () => ({ status: 202 }) });

app.http('download', {
  handler: () => ({
    body: (async function* () {
      yield Buffer.from('first');
      await gate('second half').promise;
      yield Buffer.from('second');
    })(),
  }),
});

app.http('half', {
  handler: () => ({
    body: (async function* () {
      yield Buffer.from('half');
      await gate('first half arrived').promise;
      throw new Error('the other half is lost');
    })(),
  }),
});

app.http('throws', {
  methods: ['GET', 'POST'],
  handler: () => {
    throw new Error('thrown on purpose');
  },
});

// What a function written without types may do.
app.http('nothing', { methods: ['POST'], handler: () => undefined as unknown as HttpResponseInit });

app.http('breaks-at-once', {
  handler: () => ({
    body: (async function* () {
      yield* [] as Buffer[];
      await delay(5);
      throw new Error('nothing of it came');
    })(),
  }),
});

app.http('function-key', { authLevel: 'function', handler: () => ({ body: 'opened' }) });
app.http('admin-key', { authLevel: 'admin', handler: () => ({ body: 'opened' }) });

app.http('slow', {
  handler: async () => {
    observe('slow request');
    await gate('slow request').promise;
    return { body: 'done' };
  },
});

app.http('says', {
  handler: (_request, context) => {
    context.log('my secret is', 42);
    return { status: 204 };
  },
});
