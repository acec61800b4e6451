import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type AgentClient, connectAgent, sleepUntil } from '@ramal/testkit';
import { dial, waitForFinal } from '../harness/agent-events.ts';
import { openLegacySocket } from '../harness/legacy-socket.ts';
import { openRawSocket } from '../harness/raw-socket.ts';
import { runCommand } from '../harness/run-command.ts';
import { postCallback, sendCallback } from '../harness/send-callback.ts';
import type { TestStack } from '../harness/start-test-stack.ts';
import type { Canary, Place } from './canary-spellings.ts';
import type { CanaryCompany } from './open-canary-company.ts';

const RAMAL = fileURLToPath(new URL('../../packages/cli/bin/ramal.js', import.meta.url));
/** How each company's CTI fails, after a dial that went well. */
const FAILURES = [
  { status: 401 },
  { fault: 'reset_before_reply' },
  { status: 500 },
  { fault: 'redirect' },
] as const;

/** What a scenario brought to light: texts that somebody got who must not see a secret, and secrets it made itself. */
export interface Played {
  shown: Place[];
  canaries: Canary[];
}

/**
 * Everything that handles a credential or a number, well and badly: sessions, dials by each authentication, callbacks,
 * the manual's files, the old dialect, the command line, and what is refused of each.
 */
export async function playScenario(
  system: TestStack,
  companies: readonly CanaryCompany[],
  number: string,
): Promise<Played> {
  const played: Played = { shown: [], canaries: [] };
  const results = companies.map((company, i) => playCompany(system, company, `${number}${i}`, played));
  await Promise.all(results);
  return played;
}

async function playCompany(
  system: TestStack,
  company: CanaryCompany,
  number: string,
  played: Played,
): Promise<void> {
  const { dev } = system;
  const { tenant, user, apiKey } = company;
  const show = (where: string, text: string) => played.shown.push({ where: `${tenant}: ${where}`, text });
  const session = (await postJson(`${dev.apiUrl}/v1/sessions`, apiKey, { user })).text;
  const { token } = JSON.parse(session) as { token: string };
  // The rest of it is the same in every token.
  played.canaries.push({ name: `agent token of ${tenant}`, kind: 'secret', text: token.split('.')[2] ?? '' });
  const agent = await connectAgent({ gatewayUrl: dev.gatewayUrl, token, timeoutMs: 30_000 });
  try {
    await playDials(company, agent, number);
    await playCallbacks(system, company, number, show);
    await playApi(system, company, number, token, show);
    await playSockets(system, company, number, token, show, played);
    show('config check', await configCheck(system, tenant));
  } finally {
    await agent.close();
  }
}

type Show = (where: string, text: string) => void;

/** One that rings and is talked on, and one that fails in the company's own way. */
async function playDials(company: CanaryCompany, agent: AgentClient, number: string): Promise<void> {
  const good = randomUUID();
  const callId = await dial(agent, good, number);
  const final = await waitForFinal(agent, good, 20_000);
  if (final.op !== 'dial.accepted') throw new Error(`${company.tenant}: ${JSON.stringify(final)}`);
  await agent.waitFor(({ op, data }) => op === 'call.ended' && 'callId' in data && data.callId === callId, {
    timeoutMs: 30_000,
  });
  const failure = FAILURES[Number(company.tenant.slice(-1)) - 1] ?? FAILURES[0];
  company.simulator.behave({ ...failure, callbacks: false });
  const bad = randomUUID();
  // Another number: the same one would be the first click again.
  await dial(agent, bad, `${number.slice(0, -1)}${9 - Number(number.slice(-1))}`);
  const { op } = await waitForFinal(agent, bad, 20_000);
  if (op === 'dial.accepted') throw new Error(`${company.tenant}: a CTI that fails accepted a dial`);
}

async function playCallbacks(
  system: TestStack,
  company: CanaryCompany,
  number: string,
  show: Show,
): Promise<void> {
  const { dev } = system;
  const { callbackToken, senha, token, tenant, ramal } = company;
  const base = `${dev.webhookUrl}/v1/cti/${callbackToken}`;
  const pair = `origem=${number}&destino=${ramal}`;
  const extra = `senha=${encodeURIComponent(senha)}&token=${encodeURIComponent(token)}&x=${number}`;
  const basic = { Authorization: `Basic ${Buffer.from(`pbx:${callbackToken}`).toString('base64')}` };
  const soap = (operation: string, fields: string) =>
    `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><n:${operation} xmlns:n="urn:ramal:wconnect">` +
    `${fields}</n:${operation}></s:Body></s:Envelope>`;
  const file = (name: string) => `${dev.webhookUrl}/wconnect/WConnect_${name}.php`;
  const postXml = (url: string, body: string, headers: Record<string, string>) =>
    sendCallback(url, { method: 'POST', body, headers: { 'Content-Type': 'text/xml', ...headers } });

  const taken = [
    await sendCallback(`${base}/incoming?${pair}&${extra}&status=${number}&${callbackToken}&${number}`),
    await sendCallback(`${file('MonitoraRamal')}?token=${callbackToken}&${pair}`),
    await postXml(file('WSDL_ConsultaRamal'), soap('ConsultaRamal', `<ramal>${ramal}</ramal>`), basic),
    await postXml(
      file('WSDL_FinalizaLigacao'),
      soap('FinalizaLigacao', `<origem>${number}</origem><destino>${ramal}</destino><senha>x</senha>`),
      basic,
    ),
  ];
  for (const { status, text } of taken) if (status !== 200) throw new Error(`${tenant}: ${status} ${text}`);

  const refused = [
    await sendCallback(`${base}x/ended?${pair}&${extra}`),
    await sendCallback(`${base}/${number}?${extra}`),
    await sendCallback(`${base}/ended?nothing=${number}&${extra}`),
    await postCallback(`${base}/ended`, 'text/plain', number),
    await postCallback(`${base}/ended`, 'text/plain', `(47) ${number}=${callbackToken}`),
    await sendCallback(`${base}%ZZ/ended?${pair}`),
    await postCallback(`${base}/ended`, 'application/json', `{"origem":"${number}","senha":"${token}`),
    await postCallback(`${base}/ended`, 'text/xml', `<a><origem>${number}</origem><token>${token}</b>`),
    await postCallback(`${base}/ended`, 'text/plain', `${pair}&token=${callbackToken}`.padEnd(70_000, '9')),
    await sendCallback(`${file('MonitoraRamal')}?token=${callbackToken}&tenant=other&${pair}`),
    await sendCallback(`${file('MonitoraRamal')}?token=${token.slice(0, 20)}&ramal=${ramal}`),
    await postXml(
      file('WSDL_ConsultaRamal'),
      soap('ConsultaRamal', `<ramal>${number}9999999999</ramal>`),
      basic,
    ),
    await postXml(file('WSDL_ConsultaRamal'), soap('FinalizaLigacao', `<token>${callbackToken}</token>`), {}),
  ];
  for (const [i, { status, text }] of refused.entries()) {
    if (status < 400) throw new Error(`${tenant}: refusal ${i} was none: ${status} ${text}`);
    show(`refused callback ${i}`, text);
  }
}

async function playApi(
  system: TestStack,
  company: CanaryCompany,
  number: string,
  agentToken: string,
  show: Show,
): Promise<void> {
  const { dev } = system;
  const { apiKey, senha, user } = company;
  const calls = `${dev.apiUrl}/v1/calls`;
  const wrongKey = `${apiKey.slice(0, -1)}!`;
  const refused = [
    await postJson(calls, apiKey, { user: number, to: number }),
    await postJson(calls, apiKey, { user, to: `${number}x`, senha }),
    await postJson(calls, apiKey, { user, to: number, tenant: 'other' }),
    await postJson(calls, wrongKey, { user, to: number }),
    await postJson(calls, `${agentToken}x`, { user, to: number }),
    await postJson(calls, agentToken, { user: 'bruno', to: number }),
    await postJson(`${dev.apiUrl}/v1/sessions`, apiKey, { user: number }),
    await getJson(`${calls}?number=${number}x&token=${apiKey}`, apiKey),
    await getJson(`${calls}/${number}/timeline?senha=${encodeURIComponent(senha)}`, apiKey),
    await getJson(`${calls}?number=${number}`, wrongKey),
  ];
  for (const [i, { status, text }] of refused.entries()) {
    if (status < 400) throw new Error(`refusal ${i} of the api was none: ${status} ${text}`);
    show(`refusal ${i} of the api`, text);
  }
  const { status, text } = await getJson(`${calls}?number=${number}`, apiKey);
  if (status !== 200 || !text.includes(number))
    throw new Error(`a company did not see its own call: ${text}`);
}

async function playSockets(
  system: TestStack,
  company: CanaryCompany,
  number: string,
  agentToken: string,
  show: Show,
  played: Played,
): Promise<void> {
  const { gatewayUrl } = system.dev;
  const { tenant, user, senha, ramal } = company;
  const frames = [
    { op: 'auth', id: 1, data: { token: `${agentToken}x` } },
    { op: 'auth', id: 1, data: { token: { [agentToken]: 1 } } },
    { op: 'dial', id: 1, data: { to: number, token: agentToken } },
  ];
  for (const frame of frames) {
    const socket = await openRawSocket(gatewayUrl);
    socket.send(JSON.stringify(frame));
    const { reason } = await socket.closed;
    show(`refused frame ${frame.op}`, JSON.stringify([socket.frames, reason]));
  }
  const login = (passwd: string) => ({
    action: 'login',
    auth: { login: user, passwd },
    params: { tenant, ramal },
  });
  const good = await openLegacySocket(gatewayUrl);
  await good.ask(login(senha));
  const error = await good.ask({ action: 'dial', params: { to: `${number}y`, senha } });
  show('refused message of the old dialect', JSON.stringify(error));
  good.cut();
  const wrong = randomBytes(16).toString('hex');
  played.canaries.push({ name: `wrong password of ${tenant}`, kind: 'secret', text: wrong });
  const bad = await openLegacySocket(gatewayUrl);
  bad.send(login(wrong));
  await bad.closed;
  show('refused login', JSON.stringify(bad.messages));
}

/** The command line as an administrator runs it; both of its outputs. */
async function configCheck({ dev }: TestStack, tenant: string): Promise<string> {
  const args = [RAMAL, 'config', 'check', tenant, '--lang', 'en', '--database-url', dev.databaseUrl];
  return runCommand(process.execPath, args).catch((error: unknown) => {
    const { stdout, stderr, code } = error as { stdout?: string; stderr?: string; code?: number };
    if (code !== 1 && code !== 3) throw error;
    return `${stdout}\n${stderr}`;
  });
}

const postJson = (url: string, credential: string, body: object) =>
  sendCallback(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const getJson = (url: string, credential: string) =>
  sendCallback(url, { headers: { authorization: `Bearer ${credential}` } });

/** Waits until what was recorded in passing has arrived: traces come up to a second after the facts. */
export async function settle(system: TestStack, tenants: readonly string[]): Promise<void> {
  await sleepUntil(
    async () => {
      const rows = await system.history.query<{ tenant: string }>(
        `select tenant from call_traces where tenant = any($1) and step = 'callback.received' group by tenant`,
        [tenants],
      );
      return rows.length === tenants.length;
    },
    { timeoutMs: 30_000, describe: 'traces of every company' },
  );
}
