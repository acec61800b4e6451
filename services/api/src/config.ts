import { outboundEnv } from '@ramal/outbound';
import { commonEnv, count, flag, origins, port, signingSecret, upTo } from '@ramal/runtime';
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
  API_TRUSTED_PROXIES: upTo()
    .max(10)
    .default(0)
    .describe('Proxies of yours in front of the api, whose X-Forwarded-For says who asks'),
  API_REQUESTS_PER_MINUTE_PER_IP: upTo()
    .default(0)
    .describe('Requests of one address, at once and in any minute that follows; 0: no limit'),
  API_REQUESTS_PER_MINUTE_PER_CREDENTIAL: upTo()
    .default(0)
    .describe('Requests of one API key or one agent, at once and in any minute that follows; 0: no limit'),
  API_SESSIONS_PER_MINUTE_PER_CREDENTIAL: upTo()
    .default(0)
    .describe('Agent tokens for one API key, at once and in any minute that follows; 0: no limit'),
  API_ALLOWED_ORIGINS: origins('')
    .refine((list) => !list.includes('*'), 'name the origins; * is not taken')
    .describe('Origins whose pages may read the api’s answers, exact, separated by commas'),
  API_FRAME_ANCESTORS: origins('')
    .refine((list) => !list.includes('*'), 'name the origins; * is not taken')
    .describe('Origins whose pages may show the agent page in a frame, exact, separated by commas'),
  API_HSTS_SEC: upTo()
    .default(0)
    .describe('For how long browsers shall come by TLS alone, in seconds, told behind TLS; 0: not told'),
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
