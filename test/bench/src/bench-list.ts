/** An option: its default, the least and the most it may be, and what it is. */
type OptionSpec = readonly [value: number, least: number, most: number, text: string];

interface BenchSpec {
  about: string;
  options: Record<string, OptionSpec>;
}

const runs: OptionSpec = [
  5,
  1,
  50,
  'runs of each side in turns, after one that does not count; 1 is a cold look',
];
const seconds = (value: number): OptionSpec => [value, 1, 600, 'how long a run measures'];

/** Every bench there is, in the order in which all of them run. */
export const BENCHES = {
  'fan-out': {
    about:
      'CPU of a pop-up from Redis to one agent’s socket. All sides but Socket.IO get the very same publications, made by the step that makes real ones: the inbox is written and resume works. The floor forwards the payload untouched.',
    options: {
      agents: [2_000, 1, 10_000, 'authenticated sockets of each side'],
      perSec: [3_000, 1, 50_000, 'pop-ups a second'],
      ring: [20, 1, 200, 'agents with whom one call rings, a pop-up for each'],
      seconds: seconds(2),
      runs,
    },
  },
  memory: {
    about: 'memory of an agent who is connected and does nothing. Each run starts the processes anew.',
    options: { agents: [2_000, 10, 15_000, 'sockets of each side'], runs },
  },
  'sign-in': {
    about:
      'CPU of connecting, authenticating, subscribing and being told where one stands; and how soon a herd that was cut off is back. The floor authenticates nobody and reads no inbox.',
    options: {
      agents: [2_000, 10, 15_000, 'sign-ins a run'],
      herd: [18_000, 10, 19_000, 'agents that are cut at one moment'],
      runs,
    },
  },
  callback: {
    about:
      'callbacks that one core takes, from HTTP to 2xx, stored, matched and published. The floor is bare Fastify and one XADD.',
    options: { connections: [32, 1, 1_000, 'requests under way at a time'], seconds: seconds(2), runs },
  },
  dial: {
    about:
      'the way of a dial from the agent’s frame to the request at the CTI, flat out and at a steady pace. The floor is a BullMQ job and a worker that sends it with got.',
    options: {
      agents: [50, 1, 1_000, 'agents, of a company each, with one dial under way when flat out'],
      perSec: [100, 1, 5_000, 'dials a second at the steady pace'],
      seconds: seconds(3),
      runs,
    },
  },
  history: {
    about:
      'events from the streams into calls and call_events. The floors write the same rows by one insert of unnested arrays a batch, by COPY, and by one insert an event.',
    options: { calls: [8_000, 10, 1_000_000, 'calls of three events each, in a run'], runs },
  },
  'end-to-end': {
    about:
      'from a callback’s first byte to the agent’s pop-up, at a steady pace. The floor is that of callback, which also publishes, and that of fan-out.',
    options: {
      agents: [1_000, 1, 10_000, 'authenticated sockets of each side'],
      perSec: [1_000, 1, 20_000, 'callbacks a second'],
      seconds: seconds(4),
      runs,
    },
  },
  growth: {
    about:
      'what a unit of work costs with 1, 4 and 16 times as many agents, companies, open calls and history rows, and how long reading takes with many rows.',
    options: {
      agents: [500, 1, 1_000, 'agents at 1×'],
      tenants: [50, 1, 1_000, 'companies at 1×'],
      openCalls: [1_000, 1, 50_000, 'open calls at 1×'],
      calls: [1_500, 1, 100_000, 'calls that are stored in a run'],
      rows: [400_000, 160, 20_000_000, 'history rows at 16×'],
      seconds: seconds(2),
      runs: [3, 1, 50, 'runs of each size, after one that does not count; 1 is a cold look'],
    },
  },
  fairness: {
    about:
      'what companies whose CTI is well feel of those whose CTI is mute, breaks connections off or takes 5 s: the time from the dial frame to the request at the CTI.',
    options: {
      tenants: [200, 2, 2_000, 'companies'],
      sick: [20, 1, 500, 'of these, whose CTIs fall sick'],
      seconds: [20, 1, 600, 'how long each part of a round measures'],
      rounds: [12, 1, 100, 'rounds of one part well, one part sick; each takes a minute or so'],
      perMinute: [60, 1, 600, 'dials of each company in a minute'],
    },
  },
  hostile: {
    about:
      'what agents feel of clients that attack the gateway with handshakes, messages, pings, unfinished frames and breaches of the protocol: the time to the pop-up and to the request at the CTI.',
    options: {
      agents: [1_000, 4, 10_000, 'agents who work'],
      seconds: [12, 1, 600, 'how long each part of a round measures'],
      rounds: [3, 1, 100, 'rounds of one part quiet, one part attacked'],
    },
  },
} as const satisfies Record<string, BenchSpec>;

export type BenchName = keyof typeof BENCHES;
export type OptionsOf<Name extends BenchName> = Record<keyof (typeof BENCHES)[Name]['options'], number>;

export function isBenchName(name: string): name is BenchName {
  return Object.hasOwn(BENCHES, name);
}
