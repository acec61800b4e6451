import { outboundEnv } from '@ramal/outbound';
import { commonEnv, count, flag, port, signingSecret } from '@ramal/runtime';
import { z } from 'zod';

/** The environment of the api. */
export const configSchema = z.object({
  ...commonEnv,
  ...outboundEnv,
  API_HOST: z.string().default('127.0.0.1').describe('Address the api listens on'),
  API_PORT: port().default(4000).describe('Port of the api'),
  AGENT_TOKEN_SECRET: signingSecret().describe(
    'Signs the agent tokens (HS256), 32 characters at least; the same in both services',
  ),
  AGENT_TOKEN_TTL_SEC: count()
    .max(86_400)
    .default(900)
    .describe('How long an agent token is good for, in seconds'),
  API_PUBLIC_GATEWAY_URL: z
    .url({ protocol: /^wss?$/ })
    .default('ws://127.0.0.1:4100')
    .describe('Where agents’ browsers reach the gateway, without a path'),
  API_DEMO: flag()
    .default(false)
    .describe('Serves the agent page, where anyone may sign in as anyone; for demonstrations only'),
  API_DEMO_SIMULATOR_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where the agent page’s incoming calls are placed: the address of a simulator'),
  API_EXPOSE_OPS: flag().default(false).describe('Serves /metrics on the api’s own port too'),
});

export type Config = z.infer<typeof configSchema>;
