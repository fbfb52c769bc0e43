// The sockets under an IMAP connection that is watched: tells when it is connected, and when and by what it is secured.
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ImapTransport } from 'imapflow';

/** What is called when a connection is there, and when it is secured. */
type Observer = { onConnected?: () => void; onSecured: (socket: TLSSocket) => void };

/** Sockets as imapflow opens them itself, with somebody listening. */
export function observedTransport({ onConnected = () => {}, onSecured }: Observer): ImapTransport {
  const watched = (socket: TLSSocket) => socket.once('secureConnect', () => onSecured(socket));
  return {
    connect({ secure, host, port, servername, tls }, onConnect) {
      const name = servername === undefined ? {} : { servername };
      const socket = secure
        ? watched(connectTls({ host, port, ...name, ...tls }, onConnect))
        : connectPlain({ host, port }, onConnect);
      return socket.once('connect', onConnected);
    },
    upgrade(socket, { host, servername, tls }, onSecure) {
      const name = servername === undefined ? {} : { servername };
      // `host` too: without a server name the certificate is to be compared with the address.
      return watched(connectTls({ socket: socket as Socket, host, ...name, ...tls }, onSecure));
    },
  };
}
