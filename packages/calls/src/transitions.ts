import type { CallEventType, CallState } from '@ramal/contracts';

/**
 * How far a call has come, finer than the states that agents see. A dial that came to nothing (`gave_up`) stands below
 * `ringing`: what the CTI tells of a call is better than our own verdict that it never began. `untold` is a call of
 * which nobody has told any step.
 */
export type Phase =
  | 'untold'
  | 'queued'
  | 'requesting'
  | 'accepted'
  | 'gave_up'
  | 'ringing'
  | 'answered'
  | 'reaped'
  | 'ended';

/**
 * Where each fact brings a call from each phase: total, so that the compiler asks for every new fact and every new
 * phase. No fact brings a call back, `ended` takes no more, and the order of two facts never matters (I4).
 */
export const TRANSITIONS: Readonly<Record<Phase, Readonly<Record<CallEventType, Phase>>>> = {
  untold: {
    'call.requested': 'queued',
    'dial.requesting': 'requesting',
    'dial.uncertain': 'requesting',
    'dial.accepted': 'accepted',
    'dial.failed': 'gave_up',
    'dial.expired': 'gave_up',
    'dial.canceled': 'gave_up',
    'call.incoming': 'ringing',
    'call.answered': 'answered',
    'call.ended': 'ended',
    'call.reaped': 'reaped',
    'call.recording': 'untold',
    'popup.seen': 'untold',
    'popup.dismissed': 'untold',
  },
  queued: {
    'call.requested': 'queued',
    'dial.requesting': 'requesting',
    'dial.uncertain': 'requesting',
    'dial.accepted': 'accepted',
    'dial.failed': 'gave_up',
    'dial.expired': 'gave_up',
    'dial.canceled': 'gave_up',
    'call.incoming': 'ringing',
    'call.answered': 'answered',
    'call.ended': 'ended',
    'call.reaped': 'reaped',
    'call.recording': 'queued',
    'popup.seen': 'queued',
    'popup.dismissed': 'queued',
  },
  requesting: {
    'call.requested': 'requesting',
    'dial.requesting': 'requesting',
    'dial.uncertain': 'requesting',
    'dial.accepted': 'accepted',
    'dial.failed': 'gave_up',
    'dial.expired': 'gave_up',
    'dial.canceled': 'gave_up',
    'call.incoming': 'ringing',
    'call.answered': 'answered',
    'call.ended': 'ended',
    'call.reaped': 'reaped',
    'call.recording': 'requesting',
    'popup.seen': 'requesting',
    'popup.dismissed': 'requesting',
  },
  accepted: {
    'call.requested': 'accepted',
    'dial.requesting': 'accepted',
    'dial.uncertain': 'accepted',
    'dial.accepted': 'accepted',
    'dial.failed': 'gave_up',
    'dial.expired': 'gave_up',
    'dial.canceled': 'gave_up',
    'call.incoming': 'ringing',
    'call.answered': 'answered',
    'call.ended': 'ended',
    'call.reaped': 'reaped',
    'call.recording': 'accepted',
    'popup.seen': 'accepted',
    'popup.dismissed': 'accepted',
  },
  gave_up: {
    'call.requested': 'gave_up',
    'dial.requesting': 'gave_up',
    'dial.uncertain': 'gave_up',
    'dial.accepted': 'gave_up',
    'dial.failed': 'gave_up',
    'dial.expired': 'gave_up',
    'dial.canceled': 'gave_up',
    'call.incoming': 'ringing',
    'call.answered': 'answered',
    'call.ended': 'ended',
    'call.reaped': 'reaped',
    'call.recording': 'gave_up',
    'popup.seen': 'gave_up',
    'popup.dismissed': 'gave_up',
  },
  ringing: {
    'call.requested': 'ringing',
    'dial.requesting': 'ringing',
    'dial.uncertain': 'ringing',
    'dial.accepted': 'ringing',
    'dial.failed': 'ringing',
    'dial.expired': 'ringing',
    'dial.canceled': 'ringing',
    'call.incoming': 'ringing',
    'call.answered': 'answered',
    'call.ended': 'ended',
    'call.reaped': 'reaped',
    'call.recording': 'ringing',
    'popup.seen': 'ringing',
    'popup.dismissed': 'ringing',
  },
  answered: {
    'call.requested': 'answered',
    'dial.requesting': 'answered',
    'dial.uncertain': 'answered',
    'dial.accepted': 'answered',
    'dial.failed': 'answered',
    'dial.expired': 'answered',
    'dial.canceled': 'answered',
    'call.incoming': 'answered',
    'call.answered': 'answered',
    'call.ended': 'ended',
    'call.reaped': 'reaped',
    'call.recording': 'answered',
    'popup.seen': 'answered',
    'popup.dismissed': 'answered',
  },
  reaped: {
    'call.requested': 'reaped',
    'dial.requesting': 'reaped',
    'dial.uncertain': 'reaped',
    'dial.accepted': 'reaped',
    'dial.failed': 'reaped',
    'dial.expired': 'reaped',
    'dial.canceled': 'reaped',
    'call.incoming': 'reaped',
    'call.answered': 'reaped',
    'call.ended': 'ended',
    'call.reaped': 'reaped',
    'call.recording': 'reaped',
    'popup.seen': 'reaped',
    'popup.dismissed': 'reaped',
  },
  ended: {
    'call.requested': 'ended',
    'dial.requesting': 'ended',
    'dial.uncertain': 'ended',
    'dial.accepted': 'ended',
    'dial.failed': 'ended',
    'dial.expired': 'ended',
    'dial.canceled': 'ended',
    'call.incoming': 'ended',
    'call.answered': 'ended',
    'call.ended': 'ended',
    'call.reaped': 'ended',
    'call.recording': 'ended',
    'popup.seen': 'ended',
    'popup.dismissed': 'ended',
  },
};

/** The state agents and the history see. A call of which nobody told a step, only its recording, is over. */
export const STATE_OF: Readonly<Record<Phase, CallState>> = {
  untold: 'ended',
  queued: 'queued',
  requesting: 'requesting',
  accepted: 'ringing',
  gave_up: 'ended',
  ringing: 'ringing',
  answered: 'answered',
  reaped: 'ended',
  ended: 'ended',
};
