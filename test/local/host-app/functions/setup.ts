// What the test app asks of the host before it has any function: streams, and hooks that tell what they see.

import { app } from '@azure/functions';
import { observe } from '../observations.ts';

app.setup({ enableHttpStream: true });

app.hook.appStart(({ hookData }) => {
  hookData.started = true;
  observe('appStart', { websiteHostname: process.env.WEBSITE_HOSTNAME });
});
app.hook.appTerminate(({ hookData }) => observe('appTerminate', { started: hookData.started }));

app.hook.preInvocation(({ hookData, invocationContext, inputs }) => {
  hookData.before = invocationContext.functionName;
  if (invocationContext.functionName === 'hooked') inputs[0] = 'input of the hook';
});
app.hook.postInvocation(context => {
  if (context.invocationContext.functionName !== 'hooked') return;
  observe('postInvocation', { before: context.hookData.before, result: context.result });
});
app.hook.log(line => {
  line.message = line.message.replaceAll('secret', '***');
});
