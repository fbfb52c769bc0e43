// An Entra ID that answers token requests as it is told, for what the local issuer does not do.
import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import { localAuthority } from './authority.ts';

export type ScriptedEntra = {
  loginUrl: string;
  /** What every request is answered from now on; `silence`: nothing. */
  answer: { status: number; headers?: OutgoingHttpHeaders; body: string } | 'silence';
  /** The paths and bodies of the requests. */
  requests: { path: string; body: string }[];
};

/** Call at the top of a test file. */
export async function useScriptedEntra(): Promise<ScriptedEntra> {
  const { certPem, keyPem } = await localAuthority();
  const entra: ScriptedEntra = { loginUrl: '', answer: 'silence', requests: [] };
  const server = createServer({ cert: certPem, key: keyPem }, async (request, response) => {
    entra.requests.push({ path: request.url ?? '', body: await text(request) });
    if (entra.answer === 'silence') return;
    const { status, headers, body } = entra.answer;
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  entra.loginUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return entra;
}

/** A refusal as Entra ID words it. */
export function refusalOf(error: string, code: number, text: string, rest: object = {}): string {
  const ids = `Trace ID: 0f-1 Correlation ID: 0f-2 Timestamp: 2026-11-01 00:00:00Z`;
  return JSON.stringify({
    error,
    error_description: `AADSTS${code}: ${text} ${ids}`,
    error_codes: [code],
    timestamp: '2026-11-01 00:00:00Z',
    trace_id: '0f-1',
    correlation_id: '0f-2',
    ...rest,
  });
}
