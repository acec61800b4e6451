import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';

interface ComposeService {
  image: string;
  command: string[];
  environment: Record<string, string | number>;
  ports?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string) => readFile(`${root}${name}`, 'utf8');

const SERVICES = ['ws-gateway', 'dialer', 'webhook', 'history', 'api'];
const text = await read('docker-compose.yml');
const { services } = parse(text, { merge: true }) as { services: Record<string, ComposeService> };

function serviceOf(name: string): ComposeService {
  const service = services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

/** What an operator has to fill in, so that the schema takes it. */
function toRequiredValue(name: string): string {
  if (name.endsWith('ORIGINS')) return 'https://crm.example';
  // A key is 32 bytes, in base64.
  return name.endsWith('KEY') ? 'A'.repeat(43).concat('=') : name.toLowerCase().repeat(4);
}

/** The value a container gets when .env holds nothing but the secrets. */
function withSecretsAlone(value: string | number): string {
  return String(value)
    .replace(/\$\{(\w+):\?[^}]*\}/g, (_, name: string) => toRequiredValue(name))
    .replace(/\$\{\w+:-([^}]*)\}/g, '$1');
}

describe.each(SERVICES)('docker compose runs the %s', (name) => {
  const service = serviceOf(name);

  test('with exactly the variables its schema reads, and values the schema takes', async () => {
    const module = `${root}services/${name}/dist/config.js`;
    const { configSchema } = (await import(module)) as { configSchema: z.ZodObject };
    // Only a supervisor on the same machine that holds its standard input wants this one.
    const wanted = Object.keys(configSchema.shape).filter((variable) => variable !== 'RAMAL_PARENT_WATCH');
    expect(Object.keys(service.environment).sort()).toEqual(wanted.sort());
    const given = Object.entries(service.environment)
      .map(([variable, value]) => [variable, withSecretsAlone(value)] as const)
      .filter(([, value]) => value !== '');
    expect(configSchema.safeParse(Object.fromEntries(given)).error?.issues ?? []).toEqual([]);
  });

  test('by its own entry, checked for readiness, after the migrations, with time to stop', () => {
    expect(service.command).toEqual(['node', `services/${name}/dist/bundle.mjs`]);
    expect(service.healthcheck?.test.join(' ')).toContain(`:${service.environment['OPS_PORT']}/readyz`);
    expect(service.depends_on?.['migrate']).toEqual({ condition: 'service_completed_successfully' });
    expect(service.depends_on?.['redis']).toEqual({ condition: 'service_healthy' });
    expect(service.stop_grace_period).toBe('30s');
  });

  test('any number of times: a port of the host is one of a range', () => {
    for (const port of service.ports ?? [])
      expect(withSecretsAlone(port)).toMatch(/^127\.0\.0\.1:\d+-\d+:\d+$/);
  });
});

test('every variable of docker-compose.yml is in .env.example', async () => {
  const known = [...(await read('.env.example')).matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
  const used = [...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
  expect(used.filter((name) => !known.includes(name))).toEqual([]);
});

test('threat 8 the origins whose pages may connect must be named', () => {
  expect(serviceOf('ws-gateway').environment['GATEWAY_ALLOWED_ORIGINS']).toMatch(
    /^\$\{GATEWAY_ALLOWED_ORIGINS:\?/,
  );
});

test('no secret has a default', () => {
  const secrets = [...text.matchAll(/\$\{(\w*(?:SECRET|PASSWORD|KEY)\b)(:.)/g)];
  expect(secrets.length).toBeGreaterThan(0);
  for (const [, name, operator] of secrets) expect([name, operator]).toEqual([name, ':?']);
});

test('the image is built with the pnpm of the scripts and holds every program that compose runs', async () => {
  const dockerfile = await read('deploy/Dockerfile');
  const [, version] = /'(pnpm@[\d.]+)'/.exec(await read('scripts/bootstrap.mjs')) ?? [];
  expect(new Set(dockerfile.match(/pnpm@[\d.]+/g))).toEqual(new Set([version]));
  const programs = Object.values(services).filter(({ image }) => image === 'ramal');
  expect(programs).toHaveLength(SERVICES.length + 1);
  for (const { command } of programs) {
    const source = (command[1] ?? '')
      .replace('/dist/', '/src/')
      .replace(/bundle\.mjs$/, 'main.ts')
      .replace(/\.js$/, '.ts');
    expect(await read(source)).not.toBe('');
  }
});
