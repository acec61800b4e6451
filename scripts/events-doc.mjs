import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';

const HELP = `npm run docs:events: writes docs/events.md from the schemas of what goes over the agent's WebSocket
(packages/contracts/dist, so run "npm run build" first).

  --write   write the page
  --check   write nothing; exit with 1 when it is not what it should be
  --help    this text
`;

const PAGE = 'docs/events.md';
const CONTRACTS = new URL('../packages/contracts/dist/index.js', import.meta.url);

/** What an event or command is for; one that is missing here fails the script. */
const MEANINGS = {
  ready: 'The first answer to `auth`: who is connected, and all that stands.',
  resync: 'Events were lost for good: take this in place of what you had.',
  'cti.status': 'Whether calls can be made has changed. With `enabled` false hide the call buttons.',
  'server.draining': 'This process stops: come back within `reconnectAfterMs`.',
  'popup.claim': 'This socket is, or is no longer, the one that brings the pop-up to the front.',
  'dial.queued': 'The dial is recorded.',
  'dial.requesting': 'The request to the CTI goes out now.',
  'dial.accepted': 'Final: the CTI took it.',
  'dial.failed': 'Final: it did not become a call; `reason` says why.',
  'dial.expired': 'Final: the deadline passed with nothing sent.',
  'dial.uncertain': 'Final: it was sent and no clear answer came; the phone may ring.',
  'popup.show': 'A pop-up to show. `claimed`, beside `seq`, says whether to bring it to the front.',
  'popup.update': 'It changed.',
  'popup.hide': 'It goes; `hidden` says why.',
  'call.created': 'There is a call.',
  'call.answered': 'Somebody answered.',
  'call.ended': 'It is over.',
  'call.updated': 'Something else about it changed.',
  'recording.ready': 'The address of the recording came after the end.',
  'recording.failed': 'Reserved; not sent by this version.',
  auth: 'The first frame: who connects, and how far it had heard.',
  'auth.refresh': 'A new token before the old one ends.',
  dial: 'A click.',
  'dial.cancel': 'Takes a dial back that has not been sent to the CTI.',
  'popup.seen': 'A person saw it.',
  'popup.dismiss': 'A person closed it.',
  focus: 'A person looks at this tab now.',
  sync: 'Asks for all that stands.',
  ping: 'Is anybody there?',
  logout: 'The agent leaves.',
};

/** What comes in several places has a section of its own. */
const TITLES = {
  callView: 'Call',
  popup: 'Popup',
  peer: 'Peer',
  ctiStatus: 'CtiStatus',
  resumePoint: 'ResumePoint',
  callContext: 'CallContext',
  dialReason: 'DialReason',
  callResult: 'CallResult',
};
const SHARED = Object.keys(TITLES);

/** A type as people write it. `shared` finds the section of an object. */
function toType(json, shared) {
  const title = shared.get(key(json));
  if (title !== undefined) return `[${title}](#${title.toLowerCase()})`;
  if (json.const !== undefined) return `\`${JSON.stringify(json.const)}\``;
  if (json.enum !== undefined) return json.enum.map((one) => `\`${one}\``).join(', ');
  if (Array.isArray(json.type))
    return json.type.map((type) => toType({ ...json, type }, shared)).join(' or ');
  if (json.anyOf !== undefined) return json.anyOf.map((one) => toType(one, shared)).join(' or ');
  if (json.type === 'array') return `list of ${toType(json.items, shared)}`;
  if (json.type === 'object' && json.properties !== undefined) {
    const fields = toFields(json, shared).map(([name, type]) => `\`${name}\` ${type}`);
    return fields.length === 0 ? 'nothing' : `{ ${fields.join('; ')} }`;
  }
  if (json.type === 'object') return "object of texts, by names of the CRM's choice";
  if (json.type === 'integer' || json.type === 'number') return 'number';
  if (json.type === 'string') return json.format === 'uuid' ? 'UUID' : 'text';
  if (json.type === 'null') return 'null';
  if (json.type === 'boolean') return 'true or false';
  return 'anything';
}

function toFields(json, shared) {
  const required = new Set(json.required ?? []);
  return Object.entries(json.properties ?? {}).map(([name, field]) => [
    required.has(name) ? name : `${name}?`,
    toType(field, shared),
  ]);
}

/** Two schemas that say the same are the same. */
function key(json) {
  return JSON.stringify({ ...json, $schema: undefined });
}

function toTable(json, shared) {
  const fields = toFields(json, shared);
  if (fields.length === 0) return ['No data.'];
  return ['| field | is |', '|---|---|', ...fields.map(([name, type]) => `| \`${name}\` | ${type} |`)];
}

function toSection(op, json, shared) {
  const meaning = MEANINGS[op];
  if (meaning === undefined) throw new Error(`scripts/events-doc.mjs does not say what ${op} means`);
  const title = shared.get(key(json));
  return [
    '',
    `### \`${op}\``,
    '',
    meaning,
    '',
    ...(title === undefined ? toTable(json, shared) : [`A ${toType(json, shared)}.`]),
  ];
}

async function toPage() {
  if (!existsSync(CONTRACTS)) throw new Error('packages/contracts is not built; run "npm run build" first');
  const contracts = await import(CONTRACTS.href);
  const toJson = (schema) => schema.toJSONSchema({ io: 'input', unrepresentable: 'any' });
  const shared = new Map(SHARED.map((name) => [key(toJson(contracts[name])), TITLES[name]]));
  const sections = (union) =>
    union.options.flatMap(({ shape: { op, data } }) => toSection(op.value, toJson(data), shared));
  const objects = SHARED.flatMap((name) => {
    const json = toJson(contracts[name]);
    const others = new Map([...shared].filter(([, title]) => title !== TITLES[name]));
    const body = json.properties === undefined ? [`${toType(json, others)}.`] : toTable(json, others);
    return ['', `### ${TITLES[name]}`, '', ...body];
  });
  return [
    "# What goes over the agent's WebSocket",
    '',
    'Written from the schemas in `packages/contracts/src` by `npm run docs:events`; a test holds it against them. What the',
    'messages mean together is in [PROTOCOL.md](../PROTOCOL.md), and how a page hears of them in',
    '[packages/client](../packages/client/README.md). A `?` marks what may be missing. Times are milliseconds since the epoch.',
    '',
    '## Events of the inbox',
    '',
    'Each has a `seq` and a `ts` beside its `data`, and is told again after a loss of the connection, once.',
    ...sections(contracts.inboxEvent),
    '',
    '## Events of the connection',
    '',
    'They have a `ts`, no `seq`, and are never told again.',
    ...sections(contracts.connectionEvent),
    '',
    '## Commands',
    '',
    'What a client sends; each has an `id`, which the answer repeats.',
    ...sections(contracts.clientFrame),
    '',
    '## Types',
    ...objects,
    '',
  ].join('\n');
}

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
  const page = await toPage();
  const path = join(ROOT, PAGE);
  const isRight = existsSync(path) && readFileSync(path, 'utf8') === page;
  if (mode === '--write') {
    if (!isRight) writeFileSync(path, page);
    process.stdout.write(isRight ? 'nothing to change\n' : `wrote ${PAGE}\n`);
    return 0;
  }
  if (isRight) return 0;
  process.stderr.write(`${PAGE} is out of date: run "npm run docs:events"\n`);
  return 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
