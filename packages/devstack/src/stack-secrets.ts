import { randomBytes } from 'node:crypto';
import { AGENTS, TENANTS } from './demo-tenants.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';

/** Secrets of a development stack, made once per home and never printed. */
export interface StackSecrets {
  agentTokenSecret: string;
  /** Encrypts passwords at rest; base64. */
  masterKey: string;
  apiKey: string;
  /** By tenant. */
  callbackTokens: Record<string, string>;
  /** By agent: what authenticates the user at the CTI (R31). */
  agents: Record<string, { senha: string; token: string }>;
}

const secret = (prefix: string) => `${prefix}${randomBytes(32).toString('base64url')}`;

/** Reads the home's secrets and makes those that are missing. */
export async function openStackSecrets(secretsFile: string): Promise<StackSecrets> {
  const known = ((await readJsonFile(secretsFile)) ?? {}) as Partial<StackSecrets>;
  const secrets: StackSecrets = {
    agentTokenSecret: known.agentTokenSecret ?? secret(''),
    masterKey: known.masterKey ?? randomBytes(32).toString('base64'),
    apiKey: known.apiKey ?? secret('rk_'),
    callbackTokens: Object.fromEntries(
      TENANTS.map(({ tenant }) => [tenant, known.callbackTokens?.[tenant] ?? secret('cb_')]),
    ),
    agents: Object.fromEntries(
      AGENTS.map(({ user }) => [user, known.agents?.[user] ?? { senha: secret(''), token: secret('') }]),
    ),
  };
  await writeJsonFile(secretsFile, secrets);
  return secrets;
}
