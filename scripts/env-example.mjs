import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';

const HELP = `npm run env:example: writes .env.example and the table in README.md from the services' own schemas
(services/*/dist/config.js, so run "npm run build" first).

  --write   write both files
  --check   write nothing; exit with 1 when one of them is not what it should be
  --help    this text
`;

/** In the order in which a call meets them. */
const SERVICES = ['ws-gateway', 'dialer', 'webhook', 'history', 'api'];

/** What docker-compose.yml reads from .env beside the services' own variables. */
const COMPOSE_VARIABLES = [
  [
    'POSTGRES_PASSWORD',
    null,
    'Password of the PostgreSQL container; letters and digits only, for it goes into a URL',
  ],
  [
    'REDIS_PASSWORD',
    null,
    'Password of the Redis container; letters and digits only, for it goes into a URL',
  ],
  ...['WS_GATEWAY', 'DIALER', 'WEBHOOK', 'HISTORY', 'API'].map((name) => [
    `${name}_ROLE_PASSWORD`,
    null,
    `Password of the role ramal_${name.toLowerCase()} in PostgreSQL and Redis; letters and digits only`,
  ]),
  ['PUBLISH_HOST', '127.0.0.1', 'Address of this machine on which the ports are published'],
  [
    'GATEWAY_PUBLISHED_PORTS',
    '4100-4109',
    'Ports of this machine for the ws-gateway, one for each that runs',
  ],
  ['WEBHOOK_PUBLISHED_PORTS', '4200-4209', 'Ports of this machine for the webhook, one for each that runs'],
  ['API_PUBLISHED_PORTS', '4000-4009', 'Ports of this machine for the api, one for each that runs'],
];

const TABLE_BEGIN = '<!-- configuration: written by npm run env:example -->';
const TABLE_END = '<!-- /configuration -->';

/** A variable of the environment, and the services that read it. */
async function readVariables() {
  const variables = new Map();
  for (const service of SERVICES) {
    const file = new URL(`../services/${service}/dist/config.js`, import.meta.url);
    if (!existsSync(file)) throw new Error(`${service} is not built; run "npm run build" first`);
    const { configSchema } = await import(file.href);
    for (const [name, schema] of Object.entries(configSchema.shape)) {
      const known = variables.get(name);
      if (known === undefined) variables.set(name, { name, services: [service], ...describe(schema) });
      else known.services.push(service);
    }
  }
  return [...variables.values()];
}

/** `fallback` is null for a variable that must be given and undefined for one that may be left out. */
function describe(schema) {
  const { description = '' } = schema;
  let inner = schema;
  let fallback = null;
  for (;;) {
    const { def } = inner;
    if (def.type === 'pipe') inner = def.in;
    else if (def.type === 'optional') {
      fallback = undefined;
      inner = def.innerType;
    } else if (def.type === 'default') {
      fallback = String(def.defaultValue);
      inner = def.innerType;
    } else break;
  }
  const choices = inner.def.type === 'enum' ? `: ${inner.options.join(', ')}` : '';
  return { description: `${description}${choices}`, fallback };
}

/** Variables of all services first, then of several, then of one. */
function toGroups(variables) {
  const groups = new Map();
  for (const variable of variables) {
    const title =
      variable.services.length === SERVICES.length ? 'every service' : variable.services.join(', ');
    groups.set(title, [...(groups.get(title) ?? []), variable]);
  }
  const readers = ([, [first]]) => first.services.length;
  return [...groups].sort((a, b) => readers(b) - readers(a));
}

function toEnvLines({ name, fallback, description }) {
  if (fallback === null) return [`# ${description}. Required.`, `${name}=`];
  if (fallback === undefined) return [`# ${description}. Optional.`, `#${name}=`];
  return [`# ${description}.`, `#${name}=${fallback}`];
}

function toEnvExample(groups) {
  const section = (title, variables) => [
    `# ---- ${title} ----`,
    '',
    ...variables.flatMap((one) => [...toEnvLines(one), '']),
  ];
  const compose = COMPOSE_VARIABLES.map(([name, fallback, description]) => ({ name, fallback, description }));
  return [
    '# The environment of the services, written from their schemas by "npm run env:example". An empty variable',
    '# counts as absent. "npm start" needs none of these. With docker compose, copy this file to .env and fill in',
    '# AGENT_TOKEN_SECRET, RAMAL_MASTER_KEY, GATEWAY_ALLOWED_ORIGINS and the passwords at the end; docker-compose.yml sets the addresses',
    '# and ports of Redis, PostgreSQL and the services inside its own network itself.',
    '',
    ...groups.flatMap(([title, variables]) => section(title, variables)),
    ...section('docker compose only', compose),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function toTable(groups) {
  const rows = groups.flatMap(([title, variables]) =>
    variables.map(({ name, fallback, description }) => {
      const given = fallback === null ? '**required**' : fallback === undefined ? 'none' : `\`${fallback}\``;
      return `| \`${name}\` | ${title} | ${given} | ${description} |`;
    }),
  );
  return [
    TABLE_BEGIN,
    '| variable | read by | default | meaning |',
    '|---|---|---|---|',
    ...rows,
    TABLE_END,
  ].join('\n');
}

function replaceTable(readme, table) {
  const begin = readme.indexOf(TABLE_BEGIN);
  const end = readme.indexOf(TABLE_END);
  if (begin === -1 || end < begin)
    throw new Error(`README.md lacks the lines ${TABLE_BEGIN} and ${TABLE_END}`);
  return readme.slice(0, begin) + table + readme.slice(end + TABLE_END.length);
}

const read = (name) => (existsSync(join(ROOT, name)) ? readFileSync(join(ROOT, name), 'utf8') : '');

async function main(args) {
  const [mode] = args;
  if (mode === '--help' || mode === '-h') {
    process.stdout.write(HELP);
    return 0;
  }
  if (args.length !== 1 || (mode !== '--write' && mode !== '--check')) {
    process.stderr.write(HELP);
    return 2;
  }
  const groups = toGroups(await readVariables());
  const wanted = [
    ['.env.example', toEnvExample(groups)],
    ['README.md', replaceTable(read('README.md'), toTable(groups))],
  ];
  const stale = wanted.filter(([name, text]) => read(name) !== text);
  if (mode === '--write') {
    for (const [name, text] of stale) writeFileSync(join(ROOT, name), text);
    process.stdout.write(
      stale.length === 0 ? 'nothing to change\n' : `wrote ${stale.map(([name]) => name).join(', ')}\n`,
    );
    return 0;
  }
  if (stale.length === 0) return 0;
  process.stderr.write(
    `${stale.map(([name]) => name).join(' and ')} out of date: run "npm run env:example"\n`,
  );
  return 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
