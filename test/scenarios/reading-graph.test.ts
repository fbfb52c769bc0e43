// Reading over Microsoft Graph as an app of Entra ID.
import { useGraphSource } from '../support/mail-sources.ts';
import { describeReading } from '../support/reading-suite.ts';

describeReading(await useGraphSource());
