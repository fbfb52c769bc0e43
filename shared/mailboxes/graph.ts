// Reading a mailbox of Microsoft 365 over Microsoft Graph.
import type { GraphMailbox } from '../domain/service.ts';
import { MaloteError } from '../errors.ts';
import type { Allowances, Session, Target } from './reader.ts';

/** Opens the folder. @throws MaloteError with a mailbox's code */
export async function openGraph(
  _target: Target<GraphMailbox>,
  _allowances: Allowances,
  _signal: AbortSignal,
): Promise<Session> {
  throw new MaloteError('protocol_violation', 'Graph is not read yet.');
}
