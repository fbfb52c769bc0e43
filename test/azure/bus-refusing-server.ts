// A bus that refuses for ever any batch with a message it dislikes, which the local Service Bus never does.
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import rhea, { type EventContext, type Message, type Sender } from 'rhea';

type Options = {
  /** Whether a message, by its id, is disliked. */
  dislikes: (messageId: string) => boolean;
  /** The AMQP condition it answers. */
  condition: string;
};

/** Starts it on a free port. `batches` are the message ids of every batch that arrived, refused or not. */
export async function startRefusingServer({ dislikes, condition }: Options) {
  const batches: string[][] = [];
  const container = rhea.create_container({
    receiver_options: { autoaccept: false, max_message_size: 262_144 },
  });
  container.sasl_server_mechanisms.enable_anonymous();
  container.on('sender_open', ({ sender }: EventContext) => {
    sender?.set_source({ address: sender.source.address });
  });
  container.on('receiver_open', ({ receiver }: EventContext) => {
    receiver?.set_target({ address: receiver.target.address });
  });
  container.on('message', ({ connection, receiver, delivery, message }: EventContext) => {
    if (!message || !delivery) return;
    if (receiver?.target.address === '$cbs') {
      delivery.accept();
      // The client gives the name of its link to be answered on.
      const sender = connection.find_sender((link: Sender) => link.name === message.reply_to) as Sender;
      const status = { 'status-code': 202, 'status-description': 'Accepted' };
      sender.send({
        correlation_id: message.message_id,
        application_properties: status,
        body: '',
      } as Message);
      return;
    }
    const ids = messageIds(message as unknown as Buffer);
    batches.push(ids);
    if (ids.some(dislikes)) delivery.reject({ condition, description: 'I do not like it.' });
    else delivery.accept();
  });
  container.on('disconnected', () => undefined);
  const server = container.listen({ port: 0, host: '127.0.0.1' });
  const sockets = new Set<Socket>();
  server.on('connection', socket => sockets.add(socket));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    batches,
    connectionString: `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;`,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

function messageIds(batch: Buffer): string[] {
  const { content } = (rhea.message.decode(batch) as unknown as Message).body;
  return [content]
    .flat()
    .map((bytes: Buffer) => String((rhea.message.decode(bytes) as unknown as Message).message_id));
}
