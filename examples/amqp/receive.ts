// Takes one event from the subscription `platform` by plain AMQP 1.0, as any language can: SASL PLAIN with the name of the
// key and the key. SERVICE_BUS is the connection string; `npm start` prints that of the local bus.
import rhea, { type EventContext } from 'rhea';

const fields = Object.fromEntries(
  (process.env.SERVICE_BUS ?? '')
    .split(';')
    .map(field => [field.split('=')[0], field.replace(/^[^=]*=/, '')]),
);
const { hostname, port } = new URL(fields.Endpoint || 'sb://missing');
// Azure's namespace speaks TLS on 5671; the local one speaks none, on the port it names.
const isLocal = fields.UseDevelopmentEmulator === 'true';

const connection = rhea.create_container().connect({
  ...(isLocal
    ? { host: hostname, port: Number(port) }
    : { host: hostname, port: 5671, transport: 'tls', servername: hostname }),
  username: fields.SharedAccessKeyName,
  password: fields.SharedAccessKey,
  reconnect: false,
});
connection.on('disconnected', ({ error }: EventContext) => error && console.error(String(error)));

const source = 'mail-events/Subscriptions/platform';
const receiver = connection.open_receiver({ source, credit_window: 0, autoaccept: false });
receiver.add_credit(1);
receiver.on('message', ({ message, delivery }: EventContext) => {
  // A data section of JSON. What is accepted is completed; what is released comes again.
  console.log(message?.body.content.toString());
  delivery?.accept();
  connection.close();
});
