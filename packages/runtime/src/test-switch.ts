import type { Logger } from './logger.ts';

/**
 * Protections that a test may switch off, to show that the promise they keep fails without them: `RAMAL_TEST_SWITCH_OFF`
 * names some, separated by commas. Only honoured together with `NODE_ENV=test`; anywhere else the process refuses to start.
 */
export const TEST_SWITCHES = [
  /** I1: what may have reached the CTI is never asked again. */
  'dialer.single_originate',
  /** I2: gateways settle dials that nobody else does. */
  'gateway.watchdog',
  /** I5: a gateway that hears nothing of its own probe is cut off, and says so. */
  'gateway.probe',
  /** I5: who comes back reads on from where they were. */
  'gateway.resume',
  /** I3, I7: an entry of the stream is acknowledged after its commit only. */
  'history.ack_after_commit',
  /** I3: the same callback told twice is one fact. */
  'webhook.dedupe',
] as const;
export type TestSwitch = (typeof TEST_SWITCHES)[number];

/** `RAMAL_TEST_SWITCH_OFF` is set where it has no business, or names a protection there is not. */
export class TestSwitchRefusedError extends Error {
  readonly code = 'test_switch_refused';
  override readonly name = 'TestSwitchRefusedError';
}

type Env = Readonly<Record<string, string | undefined>>;

/** @throws TestSwitchRefusedError outside of tests, and for a name of none */
export function parseTestSwitches(env: Env): ReadonlySet<TestSwitch> {
  const text = env['RAMAL_TEST_SWITCH_OFF'] ?? '';
  if (text === '') return new Set();
  if (env['NODE_ENV'] !== 'test') {
    throw new TestSwitchRefusedError(
      'RAMAL_TEST_SWITCH_OFF takes protections away: only with NODE_ENV=test, never where anybody works',
    );
  }
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !isSwitch(name));
  if (unknown !== undefined) {
    throw new TestSwitchRefusedError(`RAMAL_TEST_SWITCH_OFF: there is no protection "${unknown}"`);
  }
  return new Set(names.filter(isSwitch));
}

/** Called at the start of every service: says loudly what is off. @throws TestSwitchRefusedError */
export function announceTestSwitches(logger: Pick<Logger, 'warn'>, env: Env): void {
  const off = parseTestSwitches(env);
  if (off.size > 0)
    logger.warn({ off: [...off] }, 'PROTECTIONS ARE SWITCHED OFF: this process breaks promises');
}

function isSwitch(name: string): name is TestSwitch {
  return TEST_SWITCHES.some((one) => one === name);
}

/** Read once, when this module is loaded: in production there is nothing to look at. */
function readOff(env: Env): ReadonlySet<TestSwitch> {
  try {
    return parseTestSwitches(env);
  } catch (error) {
    // `announceTestSwitches` tells of it, and ends the start.
    if (error instanceof TestSwitchRefusedError) return new Set();
    throw error;
  }
}

const OFF = readOff(process.env);

/** Whether a test has taken this protection away; never in production. */
export function isSwitchedOff(name: TestSwitch): boolean {
  return OFF.has(name);
}
