// How long a mailbox rests after the worker that read it was killed, with the lease as it is deployed.
// Usage: node local/setup.mjs bench/takeover.ts   (about a minute and a half a run)
import { setTimeout as sleep } from 'node:timers/promises';
import { corpus } from './corpus.ts';
import { startMailroom } from './mailroom.ts';

const room = await startMailroom(corpus(1_500));
await room.begin();
while ((await room.counts()).published === 0) await sleep(50);
await room.replaceApp();
const killedAt = performance.now();
const seconds = () => ((performance.now() - killedAt) / 1_000).toFixed(1);
const before = (await room.counts()).published;
console.log(`killed with ${before} of ${room.count} mails published; a fetch is asked for every 10 s`);
for (let polls = 0; (await room.counts()).published === before; polls++) {
  if (polls % 40 === 0) await room.fetchNow();
  await sleep(250);
}
console.log(`the next mail was published after ${seconds()} s`);
for (;;) {
  const { published, undisposed } = await room.counts();
  if (published === room.count && undisposed === 0) break;
  await sleep(250);
}
console.log(`all were, and out of the folder, after ${seconds()} s`);
await room.close();
