import type { Logger } from './logger.ts';

/**
 * Places in the code where a test run kills or freezes the process, to prove what a crash there costs. Set by
 * `RAMAL_FAILPOINTS`, such as `dialer.after_sent=kill:0.05,dialer.before_settle=stop:2000#3`:
 * `kill` ends the process as `kill -9` does, `stop:ms` freezes it for that long; `:0.05` means with that probability,
 * `#3` the third time that this process passes; with neither, each time.
 */
export interface FailpointSpec {
  point: string;
  action: { kind: 'kill' } | { kind: 'stop'; ms: number };
  /** 0 to 1. */
  probability: number;
  /** The only pass at which it acts, from 1 on; null for each. */
  pass: number | null;
}

/** `RAMAL_FAILPOINTS` can't be read, names a point there is not, or is set in production. */
export class FailpointsRefusedError extends Error {
  readonly code = 'failpoints_refused';
}

const SPEC = /^([\w.]+)=(?:(kill)|stop:(\d{1,6}))(?::(0(?:\.\d+)?|1(?:\.0+)?))?(?:#([1-9]\d{0,8}))?$/;

/** @throws FailpointsRefusedError */
export function parseFailpoints(text: string): FailpointSpec[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const match = SPEC.exec(part);
      if (match === null) throw new FailpointsRefusedError(`RAMAL_FAILPOINTS: can't read "${part}"`);
      const [, point = '', kill, ms, probability = '1', pass] = match;
      return {
        point,
        action: kill === undefined ? { kind: 'stop', ms: Number(ms) } : { kind: 'kill' },
        probability: Number(probability),
        pass: pass === undefined ? null : Number(pass),
      };
    });
}

/**
 * To be called once at the start of a service that has failpoints: says loudly that they are on.
 * @param own the service's points; those of others, which have another word before the dot, are none of its business
 * @throws FailpointsRefusedError
 */
export function announceFailpoints(
  logger: Pick<Logger, 'warn'>,
  own: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): void {
  const text = env['RAMAL_FAILPOINTS'] ?? '';
  if (text === '') return;
  if (env['NODE_ENV'] === 'production') {
    throw new FailpointsRefusedError('RAMAL_FAILPOINTS kills this process on purpose: never in production');
  }
  const services = new Set(own.map(toService));
  for (const { point } of parseFailpoints(text)) {
    if (services.has(toService(point)) && !own.includes(point)) {
      throw new FailpointsRefusedError(`RAMAL_FAILPOINTS: there is no point "${point}"`);
    }
  }
  logger.warn({ failpoints: text }, 'FAILPOINTS ARE ON: this process will be killed or frozen on purpose');
}

function toService(point: string): string {
  return point.split('.', 1).join('');
}

/** Acts where a spec says so; `act` is told what to do. */
export function createFailpoint(
  specs: readonly FailpointSpec[],
  act: (action: FailpointSpec['action']) => void,
  random: () => number = Math.random,
): (point: string) => void {
  const passes = new Map<string, number>();
  return (point) => {
    const pass = (passes.get(point) ?? 0) + 1;
    passes.set(point, pass);
    for (const spec of specs) {
      if (spec.point !== point || (spec.pass !== null && spec.pass !== pass)) continue;
      if (random() < spec.probability) act(spec.action);
    }
  };
}

function killOrFreeze(action: FailpointSpec['action']): void {
  if (action.kind === 'kill') {
    process.kill(process.pid, 'SIGKILL');
    // The signal may take a moment; nothing more is done meanwhile.
    freeze(60_000);
  } else {
    freeze(action.ms);
  }
}

/** Nothing of this process' own code runs meanwhile, as after SIGSTOP or on a machine that was suspended. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Chosen once, when this module is loaded: without `RAMAL_FAILPOINTS` there is nothing to look at. */
function toFailpoint(env: Readonly<Record<string, string | undefined>>): (point: string) => void {
  const text = env['RAMAL_FAILPOINTS'] ?? '';
  if (text === '' || env['NODE_ENV'] === 'production') return () => undefined;
  try {
    return createFailpoint(parseFailpoints(text), killOrFreeze);
  } catch (error) {
    // `announceFailpoints` tells of it, and ends the start.
    if (error instanceof FailpointsRefusedError) return () => undefined;
    throw error;
  }
}

/** A named place where a test run may kill or freeze this process; does nothing otherwise. */
export const failpoint: (point: string) => void = toFailpoint(process.env);
