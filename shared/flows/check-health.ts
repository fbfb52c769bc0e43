// Whether what the app depends on answers: asked by operators and load balancers.
import type { Clients } from '../clients.ts';
import { toMaloteError } from '../errors.ts';

export type Health = {
  ready: boolean;
  /** For each dependency `ok`, or why it is not. */
  dependencies: Record<'database' | 'blobs' | 'bus', string>;
};

const PATIENCE_MS = 5_000;

/** Asks each dependency for something small; none is waited for longer than 5 s. Never throws. */
export async function checkHealth({ database, mails, bus }: Clients): Promise<Health> {
  const [databaseAnswer, blobsAnswer, busAnswer] = await Promise.all([
    answerOf(async () => void (await database.catalog.read())),
    answerOf(async () => {
      if (!(await mails.exists())) throw new Error('the container "mails" is missing');
    }),
    answerOf(() => bus.check()),
  ]);
  const dependencies = { database: databaseAnswer, blobs: blobsAnswer, bus: busAnswer };
  return { ready: Object.values(dependencies).every(answer => answer === 'ok'), dependencies };
}

async function answerOf(ask: () => Promise<void>): Promise<string> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(late.resolve, PATIENCE_MS, 'no answer in time');
  try {
    return await Promise.race([ask().then(() => 'ok'), late.promise]);
  } catch (error) {
    return toMaloteError(error).message.split('\n')[0] ?? 'failed';
  } finally {
    clearTimeout(timer);
  }
}
