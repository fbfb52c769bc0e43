// The connection test: a mailbox is tried step by step, each with its time, what came of it, and what to do about it.
import type { MailboxSettings } from '../../domain/service/service.ts';
import { type ErrorCode, MaloteError } from '../../errors.ts';
import type { Finding, Probe, Step, Subject, WouldRead } from './step.ts';

/** A person waits for it, and behind them a gateway that gives up. */
const WHOLE_MS = 9_500;

export type StepReport = Omit<Finding, 'outcome'> & {
  step: string;
  outcome: 'ok' | 'failed' | 'skipped' | 'warning';
  durationMs: number;
  /** Of a step that failed: the code that the status of the mailbox would show. */
  code?: ErrorCode;
};

export type ConnectionReport = {
  /** Whether no step failed. */
  ok: boolean;
  durationMs: number;
  steps: StepReport[];
  wouldRead: WouldRead | null;
  /** What the test can do about a failure when it is asked to. */
  offers: { createFolder: string } | null;
};

type Prober = { probe(subject: Subject): Probe };

/** How each protocol is tried; loaded with its library when it is. */
const probers: Record<MailboxSettings['protocol'], () => Promise<Prober>> = {
  imap: async () => ({ probe: (await import('../imap/probe.ts')).probeImap }),
  pop3: async () => ({ probe: (await import('../pop3/probe.ts')).probePop3 }),
  graph: async () => ({ probe: (await import('../graph/probe.ts')).probeGraph }),
};

/** Tries a mailbox. Touches no mail, and creates nothing it was not asked to. Takes less than ten seconds; never throws. */
export async function testConnection(subject: Subject): Promise<ConnectionReport> {
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  const { probe: begin } = await probers[subject.mailbox.protocol]();
  const probe = begin(subject);
  const steps: StepReport[] = [];
  let failed: StepReport | undefined;
  try {
    for (const step of probe.steps) {
      const report = failed ? untried(step, failed) : await runStep(step, WHOLE_MS - elapsed());
      steps.push(report);
      if (report.outcome === 'failed') failed ??= report;
    }
  } finally {
    probe.close();
  }
  const { afterRead } = subject.mailbox;
  const mayCreate = failed?.code === 'destination_missing' && afterRead.action === 'move';
  return {
    ok: failed === undefined,
    durationMs: elapsed(),
    steps,
    wouldRead: probe.wouldRead(),
    offers: mayCreate ? { createFolder: afterRead.folder } : null,
  };
}

function untried({ name }: Step, failed: StepReport): StepReport {
  const message = `Not tried, because the step "${failed.step}" failed.`;
  return { step: name, outcome: 'skipped', durationMs: 0, message };
}

async function runStep(step: Step, leftMs: number): Promise<StepReport> {
  const started = performance.now();
  const report = (rest: Pick<StepReport, 'outcome' | 'message'> & Partial<StepReport>): StepReport => ({
    step: step.name,
    durationMs: Math.round(performance.now() - started),
    ...rest,
  });
  try {
    const { outcome = 'ok', ...finding } = await within(step, leftMs);
    return report({ outcome, ...finding });
  } catch (error) {
    // Others may quote what nobody is to read.
    if (!(error instanceof MaloteError)) {
      return report({
        outcome: 'failed',
        code: 'internal',
        message: 'The test itself failed; the log of the app may tell.',
      });
    }
    const { code, message, cure } = error;
    return report({ outcome: 'failed', code, message, ...(cure ? { cure } : {}) });
  }
}

const patience = 'Try again; if it stays so, ask whoever runs the server why it is so slow.';
const unanswered = { message: 'The server did not answer in time.', cure: patience };
const slow = { message: 'The steps before took so long that no time is left.', cure: patience };

/** The finding, or `mailbox_timeout`: then the connection is of no use any more, since its answer may still come. */
async function within({ run, deadlineMs, silence }: Step, leftMs: number): Promise<Finding> {
  const deadline = Promise.withResolvers<never>();
  const waitMs = Math.max(Math.min(deadlineMs, leftMs), 0);
  const timer = setTimeout(() => {
    const { message, cure } = waitMs < deadlineMs / 2 ? slow : (silence ?? unanswered);
    deadline.reject(
      new MaloteError('mailbox_timeout', `${message} (${(waitMs / 1000).toFixed(1)} s)`, { cure }),
    );
  }, waitMs);
  try {
    return await Promise.race([run(), deadline.promise]);
  } finally {
    clearTimeout(timer);
  }
}
