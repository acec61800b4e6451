import type { Names } from '@ramal/contracts';
import { Redis } from 'ioredis';
import { Emitter } from '@socket.io/redis-emitter';
import type { Releases } from '@ramal/devstack';
import type { Dialect } from '../load/crowd-socket.ts';
import { toBareDialect, toRamalDialect, toSocketIoDialect } from '../load/dialects.ts';
import { createPopupPublisher, toPopupBody } from '../load/popup-publisher.ts';
import type { SideKind } from '../measure/alternate.ts';
import { type CrowdAgent, signCrowdTokens, toCrowdAgents } from './agents.ts';
import type { Lab } from './lab.ts';

/** A server with agents' sockets: ours, the floor, or a peer. */
export interface SocketSide {
  readonly name: string;
  readonly kind: SideKind;
  readonly agents: readonly CrowdAgent[];
  /** How each agent's client speaks. */
  readonly dialects: readonly Dialect[];
  /** Where it listens and what it runs as, which changes with each start. */
  port(): number;
  pid(): number;
  /** Started anew, with nothing of before in its memory. */
  restart(): Promise<void>;
  /** A pop-up for each of these agents, all of one company. */
  publish(agents: readonly CrowdAgent[]): Promise<void>;
}

/** The three that forward the payload untouched are published to alike; Socket.IO has a format of its own. */
const OTHERS = [
  { name: 'floor', kind: 'floor', program: 'floors/fan-out-main', toDialect: toBareDialect },
  { name: 'ws', kind: 'peer', program: 'peers/ws-main', toDialect: toBareDialect },
  { name: 'socket.io', kind: 'peer', program: 'peers/socket-io-main', toDialect: toSocketIoDialect },
] as const;

/** Opens ours and, with `peers` all others, else the floor alone; each with so many agents of its own. */
export async function openSocketSides(
  lab: Lab,
  names: Names,
  agents: number,
  releases: Releases,
  { peers = true }: { peers?: boolean } = {},
): Promise<SocketSide[]> {
  const { system } = lab;
  const redis = new Redis(system.redisUrl);
  releases.push(async () => redis.disconnect());
  const publisher = createPopupPublisher(redis, names);
  const emitter = new Emitter(redis);
  const ours = toCrowdAgents('ramal', agents);
  const tokens = await signCrowdTokens(ours, system.secret);
  const sides: SocketSide[] = [
    {
      name: 'ramal',
      kind: 'ramal',
      agents: ours,
      dialects: tokens.map(toRamalDialect),
      port: () => Number(new URL(system.gatewayUrl).port),
      pid: () => system.pidOf('ws-gateway'),
      restart: () => lab.restart('ws-gateway'),
      publish: publisher.publish,
    },
  ];
  for (const { name, kind, program, toDialect } of peers ? OTHERS : OTHERS.slice(0, 1)) {
    const start = () => lab.fork(program, { REDIS_URL: system.redisUrl });
    let server = await start();
    const crowd = toCrowdAgents(name.replace('.', ''), agents);
    const channelOf = ({ tenant, user }: CrowdAgent) => names.agentChannel(tenant, user);
    sides.push({
      name,
      kind,
      agents: crowd,
      dialects: crowd.map((agent) => toDialect(channelOf(agent))),
      port: () => server.port,
      pid: () => server.pid,
      async restart() {
        await server.close();
        server = await start();
      },
      async publish(some) {
        if (name !== 'socket.io') return publisher.publish(some);
        for (const agent of some) emitter.to(channelOf(agent)).emit('popup', toPopupBody(agent));
      },
    });
  }
  return sides;
}
