// Reading over POP3 with a password, against Dovecot.
import { usePasswordSource } from '../support/mail-sources.ts';
import { describeReading } from '../support/reading-suite.ts';

describeReading(await usePasswordSource('pop3'));
