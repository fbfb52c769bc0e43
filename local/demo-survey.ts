// The demo's survey: an attendance is closed as the platform does it, which gives a link to click.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Webhook } from 'standardwebhooks';
import { type Call, expect } from './demo.ts';

/** Where the demo keeps its webhook secret, which the API shows once. The sample desktop reads it. */
export const webhookSecretFile = '.local/webhook-secret';

type Secrets = { items: { id: string }[] };
type Mail = { id: string; automatic: boolean; bounce: boolean; loop: boolean };
type Closed = { link?: string | null };

/**
 * Has the service ask its customers, and closes the attendance of its newest mail from a person.
 * @returns the customer's link; undefined when there is no such mail, or its sender wishes not to be asked
 */
export async function closeDemoAttendance(
  call: Call,
  url: string,
  serviceId: string,
): Promise<string | undefined> {
  const secret = await demoSecret(call);
  const { json: settings } = await expect(200, call<{ publicUrl: string | null }>('GET', '/api/settings'));
  // What somebody changed since is left as it is.
  const change = (path: string, patch: object) =>
    expect(200, call('PATCH', path, patch, { 'if-match': '*' }));
  if (settings.publicUrl === null) await change('/api/settings', { publicUrl: url });
  const path = `/api/services/${serviceId}`;
  const { json: service } = await expect(200, call<{ survey: { type: string } }>('GET', path));
  if (service.survey.type === 'none') await change(path, { survey: { type: 'standard' } });
  const mails = call<{ items: Mail[] }>('GET', `/api/mails?serviceId=${serviceId}&limit=50`);
  const { items } = (await expect(200, mails)).json;
  const mail = items.find(({ automatic, bounce, loop }) => !automatic && !bounce && !loop);
  if (!mail) return undefined;
  const id = randomUUID();
  const at = new Date();
  const closed = { attendanceId: `demo-${id}`, serviceId, mailKey: mail.id, closedAt: at.toISOString() };
  const signed = {
    authorization: '',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, JSON.stringify(closed)),
  };
  const { json } = await call<Closed>('POST', '/api/webhook/attendances/closed', closed, signed);
  return json.link ?? undefined;
}

/** The one of an earlier start, as long as it is good; the place of what is good no longer is taken. */
async function demoSecret(call: Call): Promise<string> {
  const path = '/api/settings/webhook-secrets';
  const { items } = (await expect(200, call<Secrets>('GET', path))).json;
  if (existsSync(webhookSecretFile)) {
    const [id = '', secret = ''] = readFileSync(webhookSecretFile, 'utf8').trim().split(' ');
    if (items.some(each => each.id === id)) return secret;
  }
  // They are of nobody else on this machine.
  if (items.length === 2) await call('DELETE', `${path}/${items[0]?.id}`);
  const { id, secret } = (await expect(201, call<{ id: string; secret: string }>('POST', path))).json;
  await writeFile(webhookSecretFile, `${id} ${secret}\n`, { mode: 0o600 });
  return secret;
}
