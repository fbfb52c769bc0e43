// The app with a fault that nobody foresaw: it stumbles over mails of one subject when it is to record them.
import { globSync } from 'node:fs';

const stumblingSubject = 'Nobody foresaw this';

const { toWellFormed } = String.prototype;
String.prototype.toWellFormed = function () {
  if (this.includes(stumblingSubject)) throw new TypeError('Cannot read properties of undefined');
  return toWellFormed.call(this);
};

for (const file of globSync('functions/*.ts')) await import(`../../${file}`);
