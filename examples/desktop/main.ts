// npm run desktop: runs the sample desktop until Ctrl-C.
import { startDesktop } from './desktop.ts';
import { help, readSettings } from './settings.ts';

const [option] = process.argv.slice(2);
if (option === '--help' || option === '-h') {
  console.log(help);
} else if (option !== undefined) {
  console.error(`It takes no "${option}". See: npm run desktop -- --help`);
  process.exitCode = 2;
} else {
  runUntilCtrlC();
}

function runUntilCtrlC(): void {
  const settings = readSettings();
  if (!settings) {
    console.error(
      `There is nothing to join: no local stack is running here (npm start), and the variables are not set.\n\n${help}`,
    );
    process.exitCode = 1;
    return;
  }
  const desktop = startDesktop(settings, { print: console.log, width: process.stdout.columns });
  console.log('Waiting for mail. Ctrl-C ends.');
  process.once('SIGINT', () => void desktop.close());
}
