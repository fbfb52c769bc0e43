// The HTTP server that `@azure/functions` opens for itself when an app streams HTTP bodies.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Server } from 'node:http';
import type { FunctionsCore } from './core-module.ts';

export type LibraryProxy = {
  /** On 127.0.0.1; undefined for an app that did not enable streams. */
  port: number | undefined;
  close: () => void;
};

/**
 * The library listens when it is asked for its capabilities, says where (`HttpUri`), and never stops: in
 * Azure the worker is killed. We note the server as it begins to listen, to close it with the host.
 */
export async function startLibraryProxy({ programmingModel }: FunctionsCore): Promise<LibraryProxy> {
  if (programmingModel === undefined) throw new Error('The app registered no function');
  const servers: Server[] = [];
  const note = (message: unknown) => {
    const { server } = message as { server: unknown };
    if (server instanceof Server) servers.push(server);
  };
  // Only the synchronous part of the call listens, so no other server of the process can be taken for it.
  subscribe('tracing:net.server.listen:asyncStart', note);
  const asked = programmingModel.getCapabilities({});
  unsubscribe('tracing:net.server.listen:asyncStart', note);
  const { HttpUri: httpUri } = await asked;
  return {
    port: httpUri === undefined ? undefined : Number(new URL(httpUri).port),
    close: () => {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
