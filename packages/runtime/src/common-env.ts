import { DEFAULT_PARTITIONS, parseRedisUrl, RedisUrlInvalidError } from '@ramal/contracts';
import { z } from 'zod';
import { masterKeyEnv } from './master-key-env.ts';
import { count, flag, port } from './parse-env.ts';

/** An address of Redis in any of its forms; it stays a text, for whoever connects. */
function redisUrl() {
  return z.string().superRefine((url, context) => {
    try {
      parseRedisUrl(url);
    } catch (error) {
      if (!(error instanceof RedisUrlInvalidError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });
}

/** The variables every service reads. */
export const commonEnv = {
  REDIS_URL: redisUrl().describe(
    'Redis 7.0 or later, with persistence on: redis://user:password@host:port, redis+sentinel://…@host:port,host:port/name ' +
      'or redis+cluster://…@host:port,host:port; rediss for TLS',
  ),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('PostgreSQL 15 or later: postgres://user:password@host:port/database'),
  RAMAL_PARTITIONS: count()
    .max(1024)
    .default(DEFAULT_PARTITIONS)
    .describe(
      'How many partitions tenants are spread over; the same in every process, for the life of the data',
    ),
  ...masterKeyEnv,
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least level that is logged'),
  OPS_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address of /healthz, /readyz and /metrics; not for the public'),
  OPS_PORT: port().default(9900).describe('Port of /healthz, /readyz and /metrics'),
  RAMAL_PARENT_WATCH: flag()
    .default(false)
    .describe('Exit when standard input closes: a supervisor that died takes the service along'),
};

export type CommonEnv = z.infer<z.ZodObject<typeof commonEnv>>;
