// npm run desktop: runs the sample desktop until Ctrl-C.
import { startDesktop } from './desktop.ts';
import { help, readSettings } from './settings.ts';

const settings = process.argv.includes('--help') ? undefined : readSettings();
if (settings) {
  const desktop = startDesktop(settings, { print: console.log });
  console.log('Waiting for mail. Ctrl-C ends.');
  process.once('SIGINT', () => void desktop.close());
} else if (process.argv.includes('--help')) {
  console.log(help);
} else {
  console.error(
    `There is nothing to join: no local stack is running here, and the variables are not set.\n\n${help}`,
  );
  process.exitCode = 1;
}
