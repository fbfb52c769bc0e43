// npm run desktop: runs the sample desktop until Ctrl-C, and discards or closes what is typed.
import { createInterface } from 'node:readline';
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
  console.log(
    'Waiting for mail. "d 1 REASON" discards the first one, "c 1" closes its attendance, Ctrl-C ends.',
  );
  const typed = createInterface({ input: process.stdin });
  typed.on('line', line => {
    const [, number, reason = ''] = /^\s*d\s+(\d{1,6})(?:\s+(.*))?$/.exec(line) ?? [];
    const [, closed] = /^\s*c\s+(\d{1,6})\s*$/.exec(line) ?? [];
    if (closed) void desktop.closeAttendance(Number(closed));
    else if (number) void desktop.discard(Number(number), reason.trim());
    else if (line.trim() !== '')
      console.log('Type "d NUMBER REASON" to discard a mail, "c NUMBER" to close its attendance.');
  });
  process.once('SIGINT', () => {
    typed.close();
    void desktop.close();
  });
}
