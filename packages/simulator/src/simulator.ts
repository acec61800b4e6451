import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Account, type SimulatorAccount, simulatorAccounts } from './account.ts';
import { type BehaviourPatch, behaviourPatch } from './behaviour.ts';
import { createBehaviourLayers } from './behaviour-layers.ts';
import { createCallPlayer } from './call-player.ts';
import { createCallbackSender, RETRY_DELAYS_MS } from './callback-sender.ts';
import { type ControlTarget, createControlPlane } from './control-plane.ts';
import { incomingCall, UnknownAccountError } from './incoming-call.ts';
import { createListener } from './listener.ts';
import { toPathAndQuery } from './originate-decision.ts';
import { createOriginateHandler } from './originate-handler.ts';
import { createPendingTimers } from './pending-timers.ts';
import { handleRecording } from './recording-handler.ts';
import type { SimulatorLog } from './simulator-log.ts';

export interface SimulatorOptions {
  accounts: readonly SimulatorAccount[];
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: a free port. */
  port?: number;
  /** Where callbacks go: `{webhookUrl}/v1/cti/{token}/{event}`. Without it there are none. */
  webhookUrl?: string | null;
  /** Where others reach the simulator, for recordings; default `http://host:port`. */
  publicUrl?: string | null;
  /** What it deviates in from the healthy CTI from the start. */
  behaviour?: BehaviourPatch;
  /** Waits before a callback's retries; default 0.5, 1, 2, 4 and 6.5 s. */
  retryDelaysMs?: readonly number[];
  /** After this a callback attempt counts as a network error; default 5000. */
  attemptTimeoutMs?: number;
  /** Default: silence. */
  log?: SimulatorLog;
}

/** A CTI in a box. All of it but start, stop and pointTo is also on its control plane. */
export interface Simulator extends ControlTarget {
  /** Opens the port; rejects if it is taken. A stopped simulator does not start again. */
  start(): Promise<{ url: string; port: number }>;
  /** Ends timers, calls, retries and connections. */
  stop(): Promise<void>;
  /** Sends callbacks elsewhere from now on; null sends none. */
  pointTo(webhookUrl: string | null): void;
}

/**
 * Builds a simulated CTI without opening anything. Throws a ZodError for accounts or behaviour that
 * make no sense.
 */
export function createSimulator(options: SimulatorOptions): Simulator {
  const accounts: readonly Account[] = simulatorAccounts.parse(options.accounts);
  const log: SimulatorLog = options.log ?? (() => undefined);
  const host = options.host ?? '127.0.0.1';
  let webhookUrl = options.webhookUrl ?? null;
  let url = '';

  const timers = createPendingTimers();
  const behaviours = createBehaviourLayers(behaviourPatch.parse(options.behaviour ?? {}));
  const sender = createCallbackSender({
    timers,
    log,
    retryDelaysMs: options.retryDelaysMs ?? RETRY_DELAYS_MS,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 5000,
  });
  const calls = createCallPlayer({
    timers,
    sender,
    log,
    webhookUrl: () => webhookUrl,
    simulatorUrl: () => options.publicUrl?.replace(/\/+$/, '') ?? url,
    newId: randomUUID,
  });
  const originates = createOriginateHandler({ accounts, behaviours, calls, timers, log });
  const listener = createListener({ host, port: options.port ?? 0, onRequest, timers, log });

  /** Throws UnknownAccountError. */
  function toAccount(name: string): Account {
    const account = accounts.find((candidate) => candidate.name === name);
    if (!account) throw new UnknownAccountError(name);
    return account;
  }
  const toKnownName = (name?: string) => (name === undefined ? undefined : toAccount(name).name);

  const target: ControlTarget = {
    originates: () => originates.records(),
    callbacks: () => sender.records(),
    calls: () => calls.calls(),
    clear() {
      originates.clear();
      sender.clear();
      calls.clear();
    },
    behaviour: (account) => behaviours.get(toKnownName(account)),
    behave: (patch, account) => behaviours.patch(behaviourPatch.parse(patch), toKnownName(account)),
    resetBehaviour: (account) => behaviours.reset(toKnownName(account)),
    placeIncoming(call) {
      const { account: name, from, to, outcome, ringMs, talkMs } = incomingCall.parse(call);
      const account = toAccount(name);
      const usual = behaviours.get(name);
      const behaviour = {
        ...usual,
        outcome: outcome ?? usual.outcome,
        ringMs: ringMs ?? usual.ringMs,
        talkMs: talkMs ?? usual.talkMs,
      };
      return {
        id: calls.place({ account, direction: 'incoming', origin: from, destination: to, behaviour }),
      };
    },
    refuse: ({ ms }) => listener.refuse(ms),
  };
  const control = createControlPlane(target, log);

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (originates.handle(request, response)) return;
    const { path, query } = toPathAndQuery(request.url ?? '');
    if (path.startsWith('/recordings/')) handleRecording(request, response, path);
    else void control(request, response, path, query);
  }

  return {
    ...target,
    async start() {
      const port = await listener.start();
      const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
      url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
      return { url, port };
    },
    async stop() {
      timers.stop();
      sender.stop();
      await listener.stop();
    },
    pointTo(newWebhookUrl) {
      webhookUrl = newWebhookUrl;
    },
  };
}
