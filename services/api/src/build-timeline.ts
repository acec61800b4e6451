import type { CallEvent, Timeline } from '@ramal/contracts';
import type { StoredTrace } from '@ramal/store';
import { orderSteps } from './order-steps.ts';
import { toPopupOutcomes } from './popup-outcomes.ts';
import { type TimelineStep, toEventSteps, toStoredSteps, toTime, toTraceStep } from './timeline-step.ts';
import { type Viewer, toShownOutcome, toShownStep } from './timeline-view.ts';

/** All that is known of a call. */
export interface CallRecord {
  callId: string;
  /** At least one; null where an event is not stored yet. */
  events: readonly { event: CallEvent; storedAtMs: number | null }[];
  traces: readonly StoredTrace[];
  /** Ids of the pop-ups that stand now; null when nobody can tell. */
  standing: ReadonlySet<string> | null;
  /** Redis time, epoch ms. */
  nowMs: number;
}

/** The call from the click to the last pop-up, as its viewer may see it. */
export function buildTimeline(record: CallRecord, viewer: Viewer): Timeline {
  const { callId, traces, standing, nowMs } = record;
  const events = record.events.map(({ event }) => event);
  const steps = orderSteps([
    ...events.flatMap(toEventSteps),
    ...traces.map(toTraceStep),
    ...toStoredSteps(record.events),
  ]);
  const popups = toPopupOutcomes({ callId, events, steps, standing, nowMs });
  return {
    callId,
    steps: steps.flatMap((step) => toShownStep(step, viewer) ?? []).map(toAnswer),
    popups: popups.flatMap((outcome) => toShownOutcome(outcome, viewer) ?? []),
  };
}

function toAnswer({
  atMs,
  step,
  by,
  users,
  popupId,
  reason,
  detail,
}: TimelineStep): Timeline['steps'][number] {
  return { at: toTime(atMs), step, by, user: users[0] ?? null, popupId, reason, detail };
}
