// The parts of a local stack that its visitors join: the bus with a subscription of theirs, and the file that names it.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import entities from '../../infra/entities.json' with { type: 'json' };
import { startServiceBus } from '../../local/service-bus/server.ts';

/** A bus as the local stack has it: with the subscription `follow`. */
export function startStackBus() {
  const topics = entities.serviceBus.topics.map(topic => ({
    ...topic,
    subscriptions: [...topic.subscriptions, { name: 'follow', defaultMessageTimeToLive: 'PT1M' }],
  }));
  return startServiceBus({ port: 0, entities: { ...entities.serviceBus, topics } });
}

const folders: string[] = [];
after(() => Promise.all(folders.map(folder => rm(folder, { recursive: true }))));

/** A folder to run a program in; with `stack`, as if a local stack ran there. Removed with the last test. */
export async function makeFolder(stack?: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'malote-'));
  folders.push(folder);
  if (stack === undefined) return folder;
  await mkdir(join(folder, '.local'));
  await writeFile(join(folder, '.local/stack.json'), JSON.stringify(stack));
  return folder;
}
