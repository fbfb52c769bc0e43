// A sample agent desktop: takes events from the subscription `platform`, drops repeats, shows each mail and downloads
// its first attachment. What it does, every consumer has to do; what it leaves out is said where it would be.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import type { MailReceived, MaloteEvent } from '../../schemas/events.d.ts';
import { closeAttendance } from './close-attendance.ts';
import { mailPage } from './mail-page.ts';
import type { Settings } from './settings.ts';

type Options = {
  print: (line: string) => void;
  /** Of the terminal, in columns: what is longer is cut. Without it 120. */
  width?: number | undefined;
  /** Before a message that failed is handed back: it returns at once, and after ten times it is dead-lettered. */
  pauseMs?: number;
};

/** The SDK's own 30 s between two tries are long for whoever waits for mail. */
const retryOptions = { retryDelayInMs: 1_000, maxRetries: 10 };

/** Starts taking events; ends with `close`, which waits for the one in hand. */
export function startDesktop(settings: Settings, { print, width = 120, pauseMs = 5_000 }: Options) {
  const client = new ServiceBusClient(settings.serviceBus, { retryOptions });
  const receiver = client.createReceiver('mail-events', 'platform');
  const token = tokenSource(settings.token);
  const handled = new RecentIds(10_000);
  /** The mails that were shown, in the order of their numbers. */
  const shown: MailReceived[] = [];

  async function handle({ body: event }: { body: MaloteEvent }): Promise<void> {
    // Delivery is at least once: an event that was handled before is dropped by its id.
    if (handled.has(event.id)) return;
    // mail.held, service.failing and the rest: a real desktop acts on these too, and ignores types it does not know.
    if (event.type === 'mail.received') await show(event);
    else print(`${event.type}  ${event.subject ?? ''}`);
    handled.add(event.id);
  }

  async function show(event: MaloteEvent<'mail.received'>): Promise<void> {
    // An event too long for the bus says where its data is.
    const mail = event.data ?? ((await (await get(event.dataref)).json()) as MailReceived);
    const { from, subject } = mail.headers;
    const number = shown.push(mail);
    print(`\n${cut(`${number}. ${subject || '(no subject)'}`, width)}`);
    const line = (text: string) => print(cut(text, width));
    line(`  from   ${from.map(({ name, address }) => `${name} <${address}>`.trim()).join(', ')}`);
    // Whom to write to is not always From: a form or a group sends for the customer.
    const to = mail.correspondent;
    line(`  answer ${to ? `${to.name} <${to.address}>`.trim() : '(nobody)'}`);
    line(`  queue  ${mail.groups.map(queueOf).join(', ')}`);
    for (const { label, value } of mail.preRegistration?.fields ?? []) line(`  form   ${label}: ${value}`);
    line(`  kind   ${describe(mail)}`);
    // newText is what the customer wrote now; text has the quoted tail too. Whole texts: mail.bodyUrl.
    for (const written of mail.newText.split('\n').slice(0, 5)) line(`  | ${written}`);
    // Names are safe for a file system, but not unique.
    const place = (name: string) =>
      join(settings.folder, `${event.id.slice(-12).replaceAll(':', '-')}-${name}`);
    await mkdir(settings.folder, { recursive: true });
    if (mail.html !== null) {
      await writeFile(place('mail.html'), mailPage(mail.html));
      print(`  page   ${place('mail.html')}`);
    }
    const [first] = mail.attachments;
    if (!first) return;
    const path = place(first.name);
    const { body } = await get(first.url);
    await writeFile(path, body ? Readable.fromWeb(body) : '');
    print(`  saved  ${path} (${first.sizeBytes} bytes, ${mail.attachments.length} in all)`);
  }

  async function get(url: string | undefined): Promise<Response> {
    return request('GET', url ?? '');
  }

  async function request(method: string, url: string, body?: object): Promise<Response> {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${await token()}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** Discards the attendance of a mail by the number it was shown with. */
  async function discard(number: number, reason: string): Promise<void> {
    const mail = shown[number - 1];
    if (!mail) return print(`There is no mail ${number}.`);
    try {
      await request('POST', `${mail.raw.url.replace(/\/raw$/, '')}/discard`, {
        agentId: 'sample',
        ...(reason ? { reason } : {}),
      });
      print(`${number} is discarded.`);
    } catch (error) {
      print(`${number} is not discarded: ${(error as Error).message}`);
    }
  }

  /** Closes the attendance of a mail: its customer is invited to a survey, where the service has one. */
  async function close(number: number): Promise<void> {
    const mail = shown[number - 1];
    if (!mail) return print(`There is no mail ${number}.`);
    if (!settings.webhookSecret) return print('There is no WEBHOOK_SECRET to sign with.');
    const { mailKey, service, groups, raw } = mail;
    try {
      const { link, suppressed, expiresAt } = await closeAttendance(
        raw.url.slice(0, raw.url.indexOf('/api/')),
        settings.webhookSecret,
        {
          attendanceId: `sample-${mailKey}`,
          serviceId: service.id,
          mailKey,
          agentId: 'sample',
          groupId: groups[0]?.groupId,
          closedAt: new Date().toISOString(),
        },
      );
      print(
        link
          ? `${number} is closed; until ${expiresAt}: ${link}`
          : `${number} is closed, nobody is asked: ${suppressed}`,
      );
    } catch (error) {
      print(`${number} is not closed: ${(error as Error).message}`);
    }
  }

  /** Completes the message, or hands it back. Its lock is renewed meanwhile. */
  async function take(message: ServiceBusReceivedMessage): Promise<void> {
    try {
      await handle(message);
    } catch (error) {
      print(`not handled, comes again: ${error}`);
      await sleep(pauseMs);
      return receiver.abandonMessage(message);
    }
    await receiver.completeMessage(message);
  }

  let taking: Promise<void> | undefined;
  const subscription = receiver.subscribe(
    {
      processMessage: message => {
        taking = take(message);
        return taking;
      },
      processError: async ({ error }) => print(`Service Bus: ${error.message}`),
    },
    // Settled here, so that it is known when that is over: a receiver that is closed amid it waits a minute for an answer.
    { autoCompleteMessages: false },
  );
  return {
    discard,
    closeAttendance: close,
    close: async () => {
      await subscription.close();
      await taking?.catch(() => {});
      await receiver.close();
      await client.close();
    },
  };
}

/** A line that fits, with an ellipsis for the rest; what a person sees as one character stays whole. */
function cut(text: string, width: number): string {
  // Some mails are one line of a megabyte: no more of it is looked at than could fit. What steers a terminal is left out.
  const line = text.slice(0, width * 16).replace(/\p{Cc}/gu, ' ');
  const characters = [...new Intl.Segmenter().segment(line)].map(({ segment }) => segment);
  if (characters.length <= width && text.length === line.length) return line;
  return `${characters.slice(0, width - 1).join('')}…`;
}

/** Hours go stale: whoever waits longer than until `changesAt` asks GET /api/schedules/{id}/open. */
function queueOf({ name, open, changesAt }: MailReceived['groups'][number]): string {
  if (changesAt === null) return open ? name : `${name} (closed)`;
  return `${name} (${open ? 'open' : 'closed'} until ${changesAt})`;
}

function describe({ classification, attachments, delivery }: MailReceived): string {
  const { automatic, bounce, loop } = classification;
  const kinds = [automatic && 'automatic', bounce && 'bounce', loop && 'loop'].filter(Boolean);
  const replay = delivery.number > 1 ? `, delivery ${delivery.number}` : '';
  return `${kinds.join(', ') || 'from a person'}, ${attachments.length} attachment(s)${replay}`;
}

/** The last ids seen. A real desktop keeps them in its database, in the transaction that stores what it made of the event. */
class RecentIds {
  readonly #ids = new Set<string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > this.#limit && oldest !== undefined) this.#ids.delete(oldest);
  }
}

/** Gives an access token, the same until a minute before it expires (RFC 6749 4.4). */
function tokenSource({ endpoint, scope, clientId, clientSecret }: Settings['token']): () => Promise<string> {
  let current = { value: '', expiresAt: 0 };
  return async () => {
    if (Date.now() < current.expiresAt - 60_000) return current.value;
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope,
    });
    const response = await fetch(endpoint, { method: 'POST', body });
    if (!response.ok) throw new Error(`no access token: ${response.status} ${await response.text()}`);
    const { access_token, expires_in } = (await response.json()) as {
      access_token: string;
      expires_in: number;
    };
    current = { value: access_token, expiresAt: Date.now() + expires_in * 1_000 };
    return access_token;
  };
}
