export type { SimulatorAccount } from './account.ts';
export type { Behaviour, BehaviourPatch, CalleeOutcome, Fault } from './behaviour.ts';
export type { CallbackEvent } from './callback-request.ts';
export type { CallbackRecord } from './callback-sender.ts';
export type { SimulatedCall } from './call-player.ts';
export { type IncomingCall, UnknownAccountError } from './incoming-call.ts';
export type { OriginateOutcome, OriginateRecord } from './originate-record.ts';
export { createSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
export type { LogLevel, SimulatorLog } from './simulator-log.ts';
