export { type AgentTab, createAgentTab, TabRequestError } from './agent-tab.ts';
export { type CallbackSender, createCallbackSender, type SentCallback } from './callback-sender.ts';
export type { FailpointReport } from './failpoint-report.ts';
export { ALL_PHASES, type KillPhase } from './failpoint-phases.ts';
export { type CallsVerdict, judgeCalls } from './judge-calls.ts';
export { judgeIntent } from './judge-intents.ts';
export type { Stretch } from './judge-popups.ts';
export { compareStanding, judgeShown } from './judge-screens.ts';
export { createLedgerFaults, type FaultKind, type LedgerFaults } from './ledger-faults.ts';
export type { LedgerPerson } from './ledger-person.ts';
export {
  type LedgerAgent,
  type LedgerTenant,
  seedLedgerTenants,
  toLedgerAccounts,
  toLedgerTenants,
} from './ledger-tenants.ts';
export { makePlan } from './plan.ts';
export { createRandom, type Random } from './random.ts';
export { readTruth, waitForHistory } from './read-truth.ts';
export { readRedisClock } from './redis-clock.ts';
export { runFailpoints } from './run-failpoints.ts';
export { createScreen, type Screen } from './screen.ts';
export { seatPersons, waitForTabs } from './seat-persons.ts';
export { sendPlan } from './send-plan.ts';
export { readSimulatedBooks, setUpSimulatedCti } from './simulated-cti.ts';
