// An answer that was suspect is taken for a customer's after all: a supervisor says so, and it counts from then on.
import { randomUUID } from 'node:crypto';
import type { Answered } from '../../azure/survey-answers-store.ts';
import { findInvitation, replaceInvitation } from '../../azure/surveys-store.ts';
import type { Clients } from '../../clients.ts';
import { auditEntry } from '../../domain/audit.ts';
import { parseInvitationId, withNews } from '../../domain/survey/invitation.ts';
import { MaloteError } from '../../errors.ts';
import { type ChangeRequest, retryUntilWritten } from '../services/change.ts';
import { followUpSoon } from './follow-up.ts';

/**
 * Restores a suspect answer; one that is none stays as it is. The platform is told by `survey.changed`.
 * @throws MaloteError `not_found` where there is no answer, or it was forgotten; `dependency_unavailable`
 */
export async function restoreAnswer(
  clients: Clients,
  id: string,
  { actor, now, clock, log }: ChangeRequest,
): Promise<Answered> {
  const invitationId = parseInvitationId(id);
  if (!invitationId) throw unknownAnswer(id);
  const { surveys } = clients.database;
  return retryUntilWritten(async () => {
    const found = await findInvitation(surveys, invitationId);
    if (found?.value.kind !== 'invitation' || found.value.answer === null) throw unknownAnswer(id);
    const { value: invitation, etag } = found;
    const { answer: before } = found.value;
    if (!before.suspect) return { ...invitation, answer: before };
    const at = now.toISOString();
    const answer = { ...before, suspect: false, changedAt: at, changes: before.changes + 1 };
    const change = { field: 'suspect', from: true, to: false };
    const audit = auditEntry(
      {
        id: randomUUID(),
        who: actor,
        action: 'restored',
        kind: 'answer',
        target: invitationId,
        changes: [change],
      },
      now,
    );
    const { uncountedSince = at } = invitation;
    const restored = withNews(
      { ...invitation, answer, uncountedSince },
      { type: 'changed', at, answer, audit },
    );
    const written = await replaceInvitation(surveys, restored, etag);
    if (written === undefined) return 'blocked';
    await followUpSoon(clients, { value: restored, etag: written }, { clock, log });
    return { ...restored, answer };
  });
}

function unknownAnswer(id: string): MaloteError {
  return new MaloteError('not_found', `There is no answer "${id.slice(0, 40)}".`);
}
