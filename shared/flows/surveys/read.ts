// Reading an invitation: by its id, or by the attendance that it is about.
import { findInvitation } from '../../azure/surveys-store.ts';
import type { Clients } from '../../clients.ts';
import {
  type ForgottenInvitation,
  type Invitation,
  invitationIdOf,
  parseInvitationId,
} from '../../domain/survey/invitation.ts';
import { MaloteError } from '../../errors.ts';

/** One point read. @throws MaloteError `not_found`, `dependency_unavailable` */
export async function getInvitation(
  { database: { surveys } }: Pick<Clients, 'database'>,
  id: string,
): Promise<Invitation | ForgottenInvitation> {
  const invitationId = parseInvitationId(id);
  const found = invitationId && (await findInvitation(surveys, invitationId));
  if (found) return found.value;
  throw new MaloteError('not_found', `There is no invitation "${id.slice(0, 40)}".`);
}

/** The one of an attendance; undefined when it has none. One point read. @throws MaloteError `dependency_unavailable` */
export async function findInvitationOf(
  { database: { surveys } }: Pick<Clients, 'database'>,
  attendanceId: string,
): Promise<Invitation | ForgottenInvitation | undefined> {
  return (await findInvitation(surveys, invitationIdOf(attendanceId)))?.value;
}
