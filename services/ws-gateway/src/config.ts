import { outboundEnv } from '@ramal/outbound';
import { commonEnv, count, durationMs, flag, origins, port, signingSecret, upTo } from '@ramal/runtime';
import { z } from 'zod';

/** The environment of the ws-gateway. */
export const configSchema = z.object({
  ...commonEnv,
  ...outboundEnv,
  GATEWAY_HOST: z.string().default('127.0.0.1').describe('Address agents connect to'),
  GATEWAY_PORT: port().default(4100).describe("Port of the agents' WebSocket"),
  AGENT_TOKEN_SECRET: signingSecret().describe(
    'Signs the agent tokens (HS256), 32 characters at least; the same in both services',
  ),
  GATEWAY_ALLOWED_ORIGINS: origins('*').describe(
    'Origins whose pages may connect, exact, separated by commas; * lets any page try (tokens still decide)',
  ),
  GATEWAY_TRUSTED_PROXIES: upTo()
    .max(10)
    .default(0)
    .describe('Proxies of yours in front of the gateway, whose X-Forwarded-For says who connects'),
  GATEWAY_AUTH_TIMEOUT_MS: durationMs().default(5_000).describe('How long a socket may stay without auth'),
  GATEWAY_HEARTBEAT_MS: durationMs().default(25_000).describe('How often clients are asked to ping'),
  GATEWAY_MAX_BACKPRESSURE_BYTES: count()
    .default(1024 * 1024)
    .describe('Unsent bytes after which a slow reader is cut; it resumes when it comes back'),
  GATEWAY_MAX_SOCKETS_PER_AGENT: count()
    .default(20)
    .describe('Tabs and devices of one agent; the oldest gives way'),
  GATEWAY_MESSAGES_PER_SEC: count()
    .default(20)
    .describe('Frames a socket may send, with bursts of five times as many'),
  GATEWAY_BYTES_PER_SEC: upTo()
    .default(64 * 1024)
    .describe('Bytes of frames a socket may send, with bursts of five times as many; 0: no limit'),
  GATEWAY_SILENCE_MS: durationMs()
    .default(120_000)
    .describe('How long a socket may finish no frame and answer no ping until it is cut'),
  GATEWAY_MAX_SOCKETS_PER_IP: upTo()
    .default(0)
    .describe('Sockets of one address, an IPv6 network /64 being one; 0: no limit. See docs/limits.md'),
  GATEWAY_HANDSHAKES_PER_MINUTE_PER_IP: upTo()
    .default(0)
    .describe('Handshakes of one address, at once and in any minute that follows; 0: no limit'),
  GATEWAY_MAX_UNAUTHENTICATED: upTo().default(20_000).describe('Sockets without auth, in all; 0: no limit'),
  GATEWAY_MAX_UNAUTHENTICATED_PER_IP: upTo()
    .default(0)
    .describe('Sockets without auth of one address; 0: no limit'),
  GATEWAY_MAX_SOCKETS_PER_TENANT: upTo()
    .default(50_000)
    .describe('Sockets of one company on one gateway; 0: no limit'),
  GATEWAY_LEGACY_PASSWORDS: flag()
    .default(false)
    .describe('Lets clients of the legacy dialect log in with their CTI password in place of a token'),
  GATEWAY_DRAIN_MS: durationMs()
    .default(2_000)
    .describe('Over how long agents are asked to reconnect elsewhere at a stop'),
});

export type Config = z.infer<typeof configSchema>;
