import type * as contracts from '@ramal/contracts';
import type * as wire from './wire.ts';

/**
 * Nothing to run: the build fails here when the gateway's schemas and this package's types part, in either direction,
 * down to a field that only one of them has.
 */

/** Members written out, at every depth, so that what is the same looks the same. */
type Flat<T> = T extends readonly (infer Item)[]
  ? Flat<Item>[]
  : T extends object
    ? { [Key in keyof T]: Flat<T[Key]> }
    : T;

type Same<A, B> =
  (<T>() => T extends Flat<A> ? 1 : 2) extends <T>() => T extends Flat<B> ? 1 : 2 ? true : false;

/** The names of what differs, never where nothing does. */
type Differing<A, B> = {
  [Key in keyof A | keyof B]: Key extends keyof A & keyof B
    ? Same<A[Key], B[Key]> extends true
      ? never
      : Key
    : Key;
}[keyof A | keyof B];

/** Refuses everything but `never`; the compiler's message then names what differs. */
type Agree<Differences extends never> = Differences;

type ContractEvent = contracts.InboxEvent | contracts.ConnectionEvent;
type DataOf<Frame extends { op: string; data?: unknown }> = {
  [Op in Frame['op']]: Extract<Frame, { op: Op }> extends { data?: infer Data } ? Data : never;
};
type AnyEvent = Omit<ContractEvent, 'op' | 'data'>;

export type EventsAgree = Agree<Differing<DataOf<ContractEvent>, wire.ServerEvents>>;
export type EventFramesAgree = Agree<Differing<AnyEvent, Omit<wire.ServerEvent, 'op' | 'data'>>>;
export type CommandsAgree = Agree<Differing<DataOf<contracts.ClientFrame>, wire.ClientCommands>>;
export type AcksAreComplete = Agree<Exclude<contracts.ClientOp, keyof wire.CommandAcks>>;
export type ErrorCodesAgree = Agree<
  Differing<Record<contracts.ErrorCode, true>, Record<wire.WireErrorCode, true>>
>;
export type CloseCodesAgree = Agree<Differing<typeof contracts.CLOSE, typeof wire.CLOSE>>;
export type SubprotocolAgrees = Agree<
  Differing<{ name: typeof contracts.SUBPROTOCOL }, { name: typeof wire.SUBPROTOCOL }>
>;
