import type { CallBus, CommitOutcome } from '@ramal/bus';
import { type CallCommit, type LiveCall, planReap } from '@ramal/calls';

/**
 * Closes a call for want of an end, in one atomic step: of all who try it at once, and of those who tell something
 * about the call meanwhile, one is applied.
 * @param call as it was read; version 0 where Redis has forgotten it
 */
export async function reapCall(
  bus: CallBus,
  tenant: string,
  call: LiveCall,
  nowMs: number,
): Promise<CommitOutcome> {
  const planned = planReap(tenant, call, nowMs);
  // Who Redis has forgotten is told nothing: it was long ago, and no screen shows the call any more.
  const commit: CallCommit = call.version === 0 ? { ...planned, deliveries: [] } : planned;
  const { outcome } = await bus.commit(commit);
  if (outcome !== 'conflict' || commit.externalCallId === undefined) return outcome;
  // The CTI may have given its id to another call since: this one must end all the same.
  const { externalCallId: _taken, ...unnamed } = commit;
  return (await bus.commit(unnamed)).outcome;
}
