import { z } from 'zod';
import { type SimulatorAccount, simulatorAccounts } from './account.ts';
import type { BehaviourPatch } from './behaviour.ts';
import { toProblemText } from './json-body.ts';

/** The environment does not describe a simulator; the message names the variable. */
export class SimulatorConfigError extends Error {
  readonly code = 'simulator_config_invalid';

  constructor(message: string) {
    super(message);
    this.name = 'SimulatorConfigError';
  }
}

const DEFAULT_ACCOUNTS: SimulatorAccount[] = [
  { name: 'demo', auth: 1, users: [{ ramal: '3501', agente: 'agente', senha: 'senha' }] },
];

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });

const durationMs = z.coerce.number().int().min(0).max(3_600_000);

const environment = z.object({
  SIM_RING_MS: durationMs.optional(),
  SIM_TALK_MS: durationMs.optional(),
  SIM_PORT: z.coerce.number().int().min(0).max(65_535).default(8090),
  SIM_HOST: z.string().default('127.0.0.1'),
  SIM_PUBLIC_URL: httpUrl.optional(),
  SIM_WEBHOOK_URL: httpUrl.optional(),
  SIM_ACCOUNTS: z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: `is not JSON: ${(error as SyntaxError).message}` });
        return z.NEVER;
      }
    })
    .pipe(simulatorAccounts)
    .default(() => simulatorAccounts.parse(DEFAULT_ACCOUNTS)),
});

/** What main runs: options for createSimulator. */
export interface SimulatorConfig {
  port: number;
  host: string;
  publicUrl: string | null;
  webhookUrl: string | null;
  accounts: SimulatorAccount[];
  behaviour: BehaviourPatch;
}

/** Reads the SIM_ variables; empty ones count as unset. Throws SimulatorConfigError. */
export function parseSimulatorConfig(env: Record<string, string | undefined>): SimulatorConfig {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environment.safeParse(set);
  if (!parsed.success) throw new SimulatorConfigError(toProblemText(parsed.error));
  const { SIM_PORT, SIM_HOST, SIM_PUBLIC_URL, SIM_WEBHOOK_URL, SIM_ACCOUNTS, SIM_RING_MS, SIM_TALK_MS } =
    parsed.data;
  return {
    port: SIM_PORT,
    host: SIM_HOST,
    publicUrl: SIM_PUBLIC_URL ?? null,
    webhookUrl: SIM_WEBHOOK_URL ?? null,
    accounts: SIM_ACCOUNTS,
    behaviour: {
      ...(SIM_RING_MS === undefined ? {} : { ringMs: SIM_RING_MS }),
      ...(SIM_TALK_MS === undefined ? {} : { talkMs: SIM_TALK_MS }),
    },
  };
}
