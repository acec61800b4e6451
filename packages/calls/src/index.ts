export { type AgentDelivery, type AgentMessage } from './agent-messages.ts';
export type { CallCommit, IntentChange, Line } from './call-commit.ts';
export { toCallbackLines } from './call-lines.ts';
export {
  eraseFarEnd,
  eraseLateUsers,
  erasePerson,
  findPerson,
  isFarEndErased,
  type Part,
  type Person,
  toUsers,
} from './erase-person.ts';
export { maskNumber, maskNumbersIn } from './mask-numbers.ts';
export { mentionsNumber, withoutNumber } from './mentions-number.ts';
export { type Callback, type CallbackKind, type LiveCall, matchCallback } from './match-callback.ts';
export { type CallbackPlan, type CallbackScene, planCallback } from './plan-callback.ts';
export {
  DIAL_DEADLINE_MS,
  type DialRequest,
  type DialStep,
  planDialRequest,
  planDialStep,
  SENT_GRACE_MS,
  toClaim,
  toRequeue,
  toSpentFence,
} from './plan-dial.ts';
export { planRestore } from './plan-restore.ts';
export { planRefusedDial } from './plan-refused-dial.ts';
export { planPopupReaction } from './plan-popup.ts';
export { toPopupId } from './popup.ts';
export { planReap, toReapAt } from './plan-reap.ts';
export { isClosed, reduceCall, toLegs, toLegView } from './reduce-call.ts';
export { type CallLeg, type Leg } from './follow-call.ts';
export { isSameNumber, toPeerKey } from './same-number.ts';
export { toStableId } from './stable-id.ts';
