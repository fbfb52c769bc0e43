// The app itself: bodies are streamed, and what was opened is closed when the host stops it.
import { app } from '@azure/functions';
import { closeClients } from '../shared/clients.ts';

app.setup({ enableHttpStream: true });
app.hook.appTerminate(() => closeClients());
