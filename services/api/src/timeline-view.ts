import type { PopupOutcome } from '@ramal/contracts';
import { maskNumber, maskNumbersIn } from '@ramal/calls';
import type { TimelineStep } from './timeline-step.ts';

/**
 * Who looks: an agent at own steps, a company at all of its own, the operator, and who may see no whole numbers, at
 * everything but those.
 */
export type Viewer = { kind: 'agent'; user: string } | { kind: 'company' } | { kind: 'operator' };

/** Details that are a number from end to end. */
const NUMBER_FIELDS = new Set(['ramal', 'peer', 'peerE164', 'origin', 'destination']);
/** Details that are ours and hold no number, whatever they look like. */
const PLAIN_FIELDS = new Set(['ctiAt']);
/** What of the steps inside our machinery concerns the agent who dialled; nothing of the CTI's address or answers. */
const AGENT_MACHINERY = new Set(['attempt', 'waitedMs', 'retryInMs', 'latencyMs', 'verdict', 'urgent']);
/** What an agent is not told of all the other steps: parts of our own machinery, and of the CTI's, hosts above all. */
const NOT_FOR_AGENTS = new Set([
  'recording',
  'externalCallId',
  'status',
  'socket',
  'url',
  'method',
  'prefix',
  'error',
  'why',
  'tries',
]);

/** The step as its viewer may see it, or null. */
export function toShownStep(step: TimelineStep, viewer: Viewer): TimelineStep | null {
  switch (viewer.kind) {
    case 'company':
      return step;
    case 'operator':
      return {
        ...step,
        users: step.users.map(maskNumbersIn),
        detail: Object.fromEntries(
          Object.entries(step.detail).map(([name, value]) => [maskNumbersIn(name), maskValue(name, value)]),
        ),
      };
    case 'agent': {
      const { users } = step;
      if (users.length > 0 && !users.includes(viewer.user)) return null;
      const isMachinery = step.step.startsWith('job.') || step.step.startsWith('cti.');
      const detail = Object.entries(step.detail).filter(([name]) =>
        isMachinery ? AGENT_MACHINERY.has(name) : !NOT_FOR_AGENTS.has(name),
      );
      return {
        ...step,
        // The process' name is a host's.
        by: null,
        users: users.length > 0 ? [viewer.user] : [],
        detail: Object.fromEntries(detail),
      };
    }
  }
}

/** What became of a pop-up, as its viewer may see it, or null. */
export function toShownOutcome(outcome: PopupOutcome, viewer: Viewer): PopupOutcome | null {
  if (viewer.kind === 'agent') return outcome.user === viewer.user ? outcome : null;
  if (viewer.kind === 'company' || outcome.user === null) return outcome;
  return { ...outcome, user: maskNumbersIn(outcome.user) };
}

function maskValue(name: string, value: string | number | boolean): string | number | boolean {
  if (typeof value !== 'string' || PLAIN_FIELDS.has(name)) return value;
  return NUMBER_FIELDS.has(name) ? maskNumber(value) : maskNumbersIn(value);
}
