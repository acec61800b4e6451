import { SERVICE_NAMES, type Stack } from '@ramal/devstack';
import type { FuzzFaults } from './fuzz-faults.ts';

/** Notices processes that end and failures that nobody had thought of. */
export interface CrashWatch {
  /** Notes what is new since the last look. */
  look(target: string): void;
}

/** @param underWay the numbers of the inputs that are being answered */
export function createCrashWatch(
  stack: Stack,
  faults: FuzzFaults,
  underWay: () => readonly number[],
): CrashWatch {
  const seen = new Map(SERVICE_NAMES.map((service) => [service, { deaths: 0, line: lastLine(service) }]));

  function lastLine(service: (typeof SERVICE_NAMES)[number]): string | undefined {
    return stack.output(service).at(-1);
  }

  return {
    look(target) {
      for (const [service, before] of seen) {
        const { killed, crashed } = stack.deaths(service);
        const output = stack.output(service);
        const fresh = output.slice(before.line === undefined ? 0 : output.lastIndexOf(before.line) + 1);
        if (killed + crashed > before.deaths) {
          const inputs = underWay().join(', ');
          faults.note(
            'crashes',
            { target, index: null },
            `${service} ended while ${inputs} were under way: ${fresh.slice(-5).join('\n')}`,
          );
        }
        for (const line of fresh.filter(isFailure))
          faults.note('crashes', { target, index: null }, `${service}: ${line}`);
        seen.set(service, { deaths: killed + crashed, line: output.at(-1) });
      }
    },
  };
}

/** A server that does not answer in time is something that everybody has thought of, and no doing of an input. */
const SERVER_AWAY =
  /"message":"(?:Command timed out|Stream isn't writeable|Connection is closed|Connection terminated|Query read timeout|timeout exceeded|no commit in \d+ ms)/;

/** A failure nobody had thought of is logged as an error or worse; what Node says itself is no JSON. */
function isFailure(line: string): boolean {
  if (!line.startsWith('{')) return true;
  return /"level":"(?:error|fatal)"/.test(line) && !SERVER_AWAY.test(line);
}
