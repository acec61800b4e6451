import { randomUUID } from 'node:crypto';
import { type AgentClient, connectAgent } from '@ramal/testkit';
import { type DevFile, readDevFile } from './dev-file.ts';
import { createDemoReport, type DemoReport } from './demo-report.ts';
import { waitForHistoryRow } from './demo-history.ts';
import { defaultHomeFolder, toStackHome } from './stack-home.ts';

const HELP = `npm run demo: makes two calls on a running stack (npm start) and shows each step with its time.

  1  ana (ramal 3501) calls 4732100123: start pop-up, CTI request, answer, end pop-up, history
  2  11987654321 calls bruno (ramal 3502): incoming pop-up, answer, end pop-up, history

Exits with 1 when a step is missing after 30 s.

  --help   this text
`;

const OVERALL_TIMEOUT_MS = 30_000;

async function connectAs(dev: DevFile, user: string): Promise<AgentClient> {
  const agent = dev.tenants.flatMap(({ agents }) => agents).find((one) => one.user === user);
  if (agent === undefined) throw new Error(`dev.json knows no agent ${user}`);
  return connectAgent({ gatewayUrl: dev.gatewayUrl, token: agent.token });
}

/** R43, R44: the agent's click to the history row. */
async function showOutgoingCall(dev: DevFile, report: DemoReport): Promise<void> {
  const ana = await connectAs(dev, 'ana');
  const call = report.begin('ana (3501) calls 4732100123');
  const { timeoutMs } = call;
  const ack = ana.request('dial', { intentId: randomUUID(), to: '4732100123' }) as Promise<{
    callId: string;
  }>;
  const callIdKnown = ack.then(({ callId }) => callId);
  await Promise.all([
    call.step('dial acknowledged', ack),
    call.step(
      'start pop-up',
      ana.waitFor((e) => e.op === 'popup.show' && e.data.kind === 'start', { timeoutMs }),
    ),
    call.step('CTI accepted the dial', ana.waitFor('dial.accepted', { timeoutMs })),
    call.step('answered', ana.waitFor('call.answered', { timeoutMs })),
    call.step(
      'end pop-up',
      ana.waitFor((e) => e.op === 'popup.show' && e.data.kind === 'end', { timeoutMs }),
    ),
    call.step(
      'in the history',
      callIdKnown.then((callId) => waitForHistoryRow(dev, callId, timeoutMs)),
    ),
  ]);
  await ana.close();
}

/** R45: a callback of the CTI to the agent's screen and the history row. */
async function showIncomingCall(dev: DevFile, report: DemoReport): Promise<void> {
  const bruno = await connectAs(dev, 'bruno');
  const call = report.begin('11987654321 calls bruno (3502)');
  const { timeoutMs } = call;
  const placed = placeIncomingCall(dev, { account: 'demo', from: '11987654321', to: '3502' });
  const popup = bruno.waitFor((e) => e.op === 'popup.show' && e.data.kind === 'incoming', { timeoutMs });
  const callIdKnown = popup.then((event) => (event.op === 'popup.show' ? event.data.callId : ''));
  await Promise.all([
    call.step('the CTI calls', placed),
    call.step('incoming pop-up', popup),
    call.step('answered', bruno.waitFor('call.answered', { timeoutMs })),
    call.step(
      'end pop-up',
      bruno.waitFor((e) => e.op === 'popup.show' && e.data.kind === 'end', { timeoutMs }),
    ),
    call.step(
      'in the history',
      callIdKnown.then((callId) => waitForHistoryRow(dev, callId, timeoutMs)),
    ),
  ]);
  await bruno.close();
}

async function placeIncomingCall(dev: DevFile, incoming: object): Promise<void> {
  const response = await fetch(`${dev.simulatorUrl}/control/incoming`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(incoming),
  });
  if (!response.ok) throw new Error(`the simulator answered ${response.status}: ${await response.text()}`);
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  if (args.length > 0) {
    process.stderr.write(`unknown option ${args[0]}\n\n${HELP}`);
    return 2;
  }
  const { devFile } = toStackHome(defaultHomeFolder());
  const dev = await readDevFile(devFile);
  if (dev === undefined) {
    process.stderr.write(
      `Ramal does not run: ${devFile} is not there. Start it with "npm start", then try again.\n`,
    );
    return 1;
  }
  const report = createDemoReport({
    print: (line) => process.stdout.write(`${line}\n`),
    timeoutMs: OVERALL_TIMEOUT_MS,
  });
  await showOutgoingCall(dev, report);
  await showIncomingCall(dev, report);
  return report.finish() ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`✗ ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();
