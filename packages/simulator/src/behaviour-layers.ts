import { type Behaviour, type BehaviourPatch, NORMAL_BEHAVIOUR } from './behaviour.ts';

/** The simulator's behaviour with the accounts' own deviations laid over it. */
export interface BehaviourLayers {
  /** What holds for an account now; without one, for the simulator. */
  get(account?: string | null): Behaviour;
  patch(change: BehaviourPatch, account?: string | null): void;
  /** What holds for one originate, which uses up one of `times` in every layer it goes through. */
  take(account: string | null): Behaviour;
  /** Back to normal, for one account or for all. */
  reset(account?: string | null): void;
}

type Layer = Partial<Behaviour>;

/** Takes out undefined values, which a spread would otherwise lay over real ones. */
function toDefined(change: BehaviourPatch): Layer {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** One use less of a limited layer; with the last use, what it limited is gone. */
function toNextLayer(layer: Layer): Layer {
  if (layer.times === undefined || layer.times === null) return layer;
  if (layer.times > 1) return { ...layer, times: layer.times - 1 };
  const { answerDelayMs: _delay, status: _status, fault: _fault, times: _times, ...lasting } = layer;
  return lasting;
}

/** Builds the layers of one simulator, over the healthy CTI. */
export function createBehaviourLayers(initial: BehaviourPatch = {}): BehaviourLayers {
  let base = toDefined(initial);
  const overrides = new Map<string, Layer>();

  const get = (account?: string | null): Behaviour => ({
    ...NORMAL_BEHAVIOUR,
    ...base,
    ...(account ? overrides.get(account) : undefined),
  });

  return {
    get,
    patch(change, account) {
      if (account) overrides.set(account, { ...overrides.get(account), ...toDefined(change) });
      else base = { ...base, ...toDefined(change) };
    },
    take(account) {
      const taken = get(account);
      base = toNextLayer(base);
      const override = account ? overrides.get(account) : undefined;
      if (account && override) overrides.set(account, toNextLayer(override));
      return taken;
    },
    reset(account) {
      if (account) {
        overrides.delete(account);
        return;
      }
      base = {};
      overrides.clear();
    },
  };
}
