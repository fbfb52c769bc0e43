// The app itself: bodies are streamed, every caller gets an answer, and what was opened is closed when the host stops it.
import { app } from '@azure/functions';
import { closeClients } from '../shared/clients.ts';
import { answerAlways } from '../shared/http/answer-always.ts';
import { closeWatch } from '../shared/watch.ts';

app.setup({ enableHttpStream: true });
answerAlways(app.hook);
app.hook.appTerminate(async () => {
  await closeClients();
  await closeWatch();
});
