// What the stand-ins that speak HTTP have in common: a client that leaves, at whatever point, ends nothing but its request.
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Answers every request with `answer`; what it throws ends the connection of that client, and is told if he is still there. */
export function answerEach(server: Server, answer: Answer): void {
  server.on('request', (request, response) => {
    // An error that comes when nobody waits for one any more would end the process.
    request.on('error', () => {});
    response.on('error', () => {});
    answer(request, response).catch(error => {
      if (!request.destroyed && !response.destroyed) console.error(error);
      breakOff(response);
    });
  });
}

/** Closes the connection instead of answering, or in the middle of an answer. Of a client that has left there is none. */
export function breakOff(response: ServerResponse): void {
  response.destroy();
}

/** Ends every connection, whatever is under way, and stops listening. */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
