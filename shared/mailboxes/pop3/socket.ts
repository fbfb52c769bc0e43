// The socket under a POP3 connection: to the vetted address, with TLS under the name that the certificate has.
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

export type Endpoint = {
  /** The vetted address to connect to, and the name in the server's certificate. */
  address: string;
  host: string;
  port: number;
  tls: 'implicit' | 'starttls' | 'none';
  /** PEM of a private authority; null trusts the public ones. */
  caCertificate: string | null;
};

/** Begins to connect; errors are the socket's own. */
export function openSocket(destination: Endpoint): Socket {
  const { address: host, port, tls } = destination;
  return tls === 'implicit'
    ? connectTls({ host, port, ...tlsOptions(destination) })
    : connectPlain({ host, port });
}

/** Begins TLS on a connection made in the clear. */
export function secureSocket(socket: Socket, destination: Endpoint): TLSSocket {
  return connectTls({ socket, host: destination.address, ...tlsOptions(destination) });
}

function tlsOptions({ host, caCertificate }: Endpoint) {
  return {
    ...(isIP(host) ? {} : { servername: host }),
    ...(caCertificate === null ? {} : { ca: caCertificate }),
  };
}
