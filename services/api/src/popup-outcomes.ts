import { reduceCall, toLegs, toPopupId } from '@ramal/calls';
import {
  type CallEvent,
  noPopupReason,
  type PopupKind,
  popupKind,
  type PopupOutcome,
} from '@ramal/contracts';
import { type TimelineStep, toPopupKind } from './timeline-step.ts';

/** How long steps may still be under way to the history, in ms. */
const UNDER_WAY_MS = 5_000;
/** The least time a pop-up stands when nobody hides it; asked where Redis can't tell whether it still does. */
const STANDS_MS = 120_000;

export interface PopupScene {
  callId: string;
  /** At least one. */
  events: readonly CallEvent[];
  /** In their order. */
  steps: readonly TimelineStep[];
  /** The pop-ups that stand now; null when nobody can tell. */
  standing: ReadonlySet<string> | null;
  /** Redis time, epoch ms. */
  nowMs: number;
}

/** What became of each pop-up of a call, and of those that were due and never made: did the agent see it, and why not? */
export function toPopupOutcomes(scene: PopupScene): PopupOutcome[] {
  const byId = new Map<string, TimelineStep[]>();
  for (const step of scene.steps) {
    if (step.popupId !== null) byId.set(step.popupId, [...(byId.get(step.popupId) ?? []), step]);
  }
  const kinds = toKnownKinds(scene);
  const made = Array.from(byId, ([popupId, steps]) => {
    const kind = popupKind.safeParse(steps.find(({ detail }) => 'kind' in detail)?.detail['kind']).data;
    return toOutcome(scene, popupId, kind ?? kinds.get(popupId), steps);
  });
  return [...made.filter((one) => one !== null), ...toNeverMade(scene.steps)];
}

function toOutcome(
  { events, standing, nowMs }: PopupScene,
  popupId: string,
  kind: PopupKind | undefined,
  steps: readonly TimelineStep[],
): PopupOutcome | null {
  if (kind === undefined) return null;
  const user = steps.find(({ users }) => users.length > 0)?.users[0] ?? null;
  const told = (outcome: PopupOutcome['outcome'], reason: PopupOutcome['reason'] = null) => ({
    popupId,
    user,
    kind,
    outcome,
    reason,
  });
  const has = (step: string) => steps.some((one) => one.step === step);
  if (has('popup.dismissed')) return told('dismissed');
  if (has('popup.seen')) return told('seen');
  if (has('popup.delivered')) return told('delivered');
  const withheld = noPopupReason.safeParse(steps.find(({ step }) => step === 'popup.withheld')?.reason);
  if (withheld.success) return told('not_shown', withheld.data);
  const published = steps.find(({ step }) => step === 'popup.published');
  const ageMs = nowMs - (published?.atMs ?? 0);
  const stands = standing === null ? ageMs < STANDS_MS : standing.has(popupId);
  // That it was delivered may be known and not stored yet.
  if (stands || ageMs < UNDER_WAY_MS) return told('waiting');
  if (published?.detail['connected'] === false) return told('not_shown', 'not_logged_in');
  const over = kind !== 'end' && reduceCall(events).state === 'ended';
  return told('not_shown', over ? 'ended' : 'expired');
}

/** Ids follow from call, agent and kind: so the kind is known also where the steps that named it are lost. */
function toKnownKinds({ callId, events }: PopupScene): Map<string, PopupKind> {
  const users = new Set(toLegs(events).flatMap(({ user }) => user ?? []));
  return new Map(
    [...users].flatMap((user) =>
      popupKind.options.map((kind) => [toPopupId(callId, user, kind), kind] as const),
    ),
  );
}

/** Pop-ups that a callback would have brought: nobody was there, nobody is known there, or the company is switched off. */
function toNeverMade(steps: readonly TimelineStep[]): PopupOutcome[] {
  const outcomes = steps.flatMap(({ step, popupId, reason, users, detail }): PopupOutcome[] => {
    const isRefused = step === 'callback.refused';
    if (popupId !== null || !(isRefused || step === 'popup.withheld')) return [];
    const told = String(detail['kind']);
    // Of a call that rings already an answer brings no new one.
    if (isRefused && told === 'answered') return [];
    const kind = isRefused ? toPopupKind(told, detail['direction']) : popupKind.safeParse(told).data;
    const why = noPopupReason.safeParse(reason);
    if (kind === null || kind === undefined || !why.success) return [];
    return [{ popupId: null, user: users[0] ?? null, kind, outcome: 'not_shown', reason: why.data }];
  });
  // Told twice, the same pop-up was missed once.
  return [...new Map(outcomes.map((outcome) => [JSON.stringify(outcome), outcome])).values()];
}
