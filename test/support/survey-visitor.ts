// Somebody who opens the page of a survey and posts from it, over HTTP as a browser does.
import { randomUUID } from 'node:crypto';
import { createInvitation, findInvitation } from '../../shared/azure/surveys-store.ts';
import type { Invitation } from '../../shared/domain/survey/invitation.ts';
import { tokenOf } from '../../shared/flows/surveys/links.ts';
import { signShownAt } from '../../shared/flows/surveys/shown-at.ts';
import { type Api, apiKeys } from '../http/api.ts';
import { invitation } from './invitation.ts';

export type Visited = { status: number; headers: Headers; html: string };

export type Visitor = {
  invitation: Invitation;
  token: string;
  open: (query?: string, method?: string) => Promise<Visited>;
  /** Posts these values from a form that was shown long enough before; redirects are not followed. */
  post: (values: Record<string, string>, query?: string) => Promise<Visited>;
  /** The invitation as it is kept. */
  kept: () => Promise<Invitation>;
};

const DAY_MS = 86_400_000;

/** An instant so many days from now. */
export function inDays(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString();
}

/** Makes an invitation that is open now, unless told otherwise, with a visitor of it. */
export async function invite(api: Api, changes: Partial<Invitation> = {}): Promise<Visitor> {
  const attendanceId = randomUUID();
  const expiresAt = inDays(14);
  const made = invitation({ attendanceId, keyId: apiKeys[1].id, expiresAt, ...changes });
  const { surveys } = api.database;
  await createInvitation(surveys, made);
  return visitorOf(api, made);
}

/** A visitor of an invitation, whether there is one or not. */
export function visitorOf(api: Api, made: Invitation): Visitor {
  const token = tokenOf(apiKeys, made);
  const shown = signShownAt(apiKeys, made.invitationId, new Date(Date.now() - 10_000));
  const visit = async (query: string, init: RequestInit): Promise<Visited> => {
    const response = await fetch(`${api.url}/s/${token}${query}`, { redirect: 'manual', ...init });
    return { status: response.status, headers: response.headers, html: await response.text() };
  };
  return {
    invitation: made,
    token,
    open: (query = '', method = 'GET') => visit(query, { method }),
    post: (values, query = '') =>
      visit(query, { method: 'POST', body: new URLSearchParams({ shown, ...values }) }),
    kept: async () => (await findInvitation(api.database.surveys, made.invitationId))?.value as Invitation,
  };
}
