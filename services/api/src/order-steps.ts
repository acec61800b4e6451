import type { TimelineStep } from './timeline-step.ts';

/** What comes first of what has the same time. */
const RANKS = [
  'click',
  'intent.queued',
  'job.queued',
  'job.taken',
  'job.skipped',
  'job.unsent',
  'intent.sent',
  'cti.request',
  'cti.answer',
  'intent.accepted',
  'intent.failed',
  'intent.expired',
  'intent.uncertain',
  'intent.canceled',
  'callback.received',
  'callback.refused',
  'callback',
  'match',
  'call.reaped',
  'popup.published',
  'popup.withheld',
  'popup.delivered',
  'popup.seen',
  'popup.dismissed',
  'stored',
];

/** What brings what about, the later ones first: a step that is moved may move the one before it. */
const CAUSES: readonly {
  cause: string;
  effects: readonly string[];
  belong?: (cause: TimelineStep, effect: TimelineStep) => boolean;
}[] = [
  { cause: 'cti.answer', effects: ['intent.accepted', 'intent.failed', 'intent.uncertain'] },
  { cause: 'cti.request', effects: ['cti.answer'] },
  { cause: 'job.taken', effects: ['intent.sent', 'cti.request', 'job.unsent'] },
  { cause: 'job.queued', effects: ['job.taken', 'job.skipped'] },
  {
    cause: 'callback.received',
    effects: ['callback'],
    belong: (cause, effect) => cause.detail['kind'] === effect.detail['kind'],
  },
  {
    cause: 'popup.published',
    effects: ['popup.delivered', 'popup.withheld', 'popup.seen', 'popup.dismissed'],
    belong: (cause, effect) => cause.popupId === effect.popupId,
  },
];

/** Processes note their steps by the clock of Redis, give or take what a message there takes. */
const SLACK_MS = 100;

/**
 * The steps in the order in which they happened. Times of different processes are some ms apart, so what was noted a
 * moment after its own effect is put where the effect is.
 */
export function orderSteps(steps: readonly TimelineStep[]): TimelineStep[] {
  let placed = [...steps];
  for (const { cause, effects, belong = () => true } of CAUSES) {
    placed = placed.map((step) => {
      if (step.step !== cause) return step;
      const earlier = placed.filter(
        (one) =>
          effects.includes(one.step) &&
          belong(step, one) &&
          one.atMs < step.atMs &&
          step.atMs - one.atMs <= SLACK_MS,
      );
      return { ...step, atMs: Math.min(step.atMs, ...earlier.map(({ atMs }) => atMs)) };
    });
  }
  return placed.toSorted((a, b) => a.atMs - b.atMs || RANKS.indexOf(a.step) - RANKS.indexOf(b.step));
}
