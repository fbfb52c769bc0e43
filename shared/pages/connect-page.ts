// The page that a person sees after Entra ID sent them back: whether the mailbox is connected, and if not, why.
import type { Language } from '../domain/settings.ts';
import type { MaloteError } from '../errors.ts';
import { reasonFor } from './connect-reasons.ts';
import { connectTexts } from './connect-texts.ts';
import { type Page, pageOf } from './layout.ts';

/** What there is to say; see `ConnectOutcome` of the flow. */
type Outcome =
  | { outcome: 'connected' | 'cannotOpen'; account: string; address: string }
  | { outcome: 'declined'; entraCode: string }
  | { outcome: 'stale' }
  | { outcome: 'failed'; error: MaloteError };

/** The page for an outcome. A link that is no longer valid always has the same one, whatever was wrong with it. */
export function connectPage(outcome: Outcome, language: Language): Page {
  const texts = connectTexts[language];
  switch (outcome.outcome) {
    case 'connected':
      return pageOf(200, language, texts.connected(outcome.account, outcome.address));
    case 'cannotOpen':
      return pageOf(403, language, texts.cannotOpen(outcome.account, outcome.address));
    case 'declined':
      return pageOf(400, language, texts.declined(outcome.entraCode));
    case 'stale':
      return pageOf(400, language, texts.stale);
    case 'failed':
      return pageOf(502, language, texts.failed(outcome.error.code, reasonFor(outcome.error, language)));
  }
}

/** The page when we ourselves failed: nothing is said of why. */
export function connectFailurePage({ code }: MaloteError, status: number, language: Language): Page {
  return pageOf(status, language, connectTexts[language].failed(code, ''));
}
