import type {
  BehaviourPatch,
  CallbackRecord,
  IncomingCall,
  OriginateRecord,
  SimulatedCall,
} from '@ramal/simulator';

/** The simulated CTI's control plane. */
export interface SimulatorControl {
  /** Originate requests to this number, or all: the truth about what was dialled (I1). */
  originates(destination?: string): Promise<OriginateRecord[]>;
  callbacks(): Promise<CallbackRecord[]>;
  calls(): Promise<SimulatedCall[]>;
  behave(patch: BehaviourPatch, account?: string): Promise<void>;
  /** Back to normal for one account. */
  reset(account: string): Promise<void>;
  /** A call from outside; resolves with the CTI's call id. */
  placeIncoming(call: IncomingCall): Promise<string>;
}

export function createSimulatorControl(url: string): SimulatorControl {
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${url}/control/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`the simulator answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const query = (account?: string) => (account === undefined ? '' : `?account=${account}`);
  return {
    originates: async (destination) => {
      const all = (await ask('GET', 'originates')) as OriginateRecord[];
      return destination === undefined ? all : all.filter((one) => one.destination === destination);
    },
    callbacks: async () => (await ask('GET', 'callbacks')) as CallbackRecord[],
    calls: async () => (await ask('GET', 'calls')) as SimulatedCall[],
    behave: async (patch, account) => {
      await ask('PUT', `behaviour${query(account)}`, patch);
    },
    reset: async (account) => {
      await ask('DELETE', `behaviour${query(account)}`);
    },
    placeIncoming: async (call) => ((await ask('POST', 'incoming', call)) as { id: string }).id,
  };
}
