// Reading over IMAP as an app of Entra ID, against Dovecot checking the issuer's tokens.
import { useTokenSource } from '../support/mail-sources.ts';
import { describeReading } from '../support/reading-suite.ts';

describeReading(await useTokenSource('imap'));
