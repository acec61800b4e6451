import { callsResponse, type HistoryCall } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import type { DevFile } from './dev-file.ts';

/** Asks the api until the call's ended row is there (R44). */
export function waitForHistoryRow(dev: DevFile, callId: string, timeoutMs: number): Promise<HistoryCall> {
  return sleepUntil(() => findEndedCall(dev, callId), {
    timeoutMs,
    describe: `the ended call ${callId} in the history`,
  });
}

async function findEndedCall(dev: DevFile, callId: string): Promise<HistoryCall | undefined> {
  const response = await fetch(`${dev.apiUrl}/v1/calls?tenant=demo&limit=20`, {
    headers: { authorization: `Bearer ${dev.apiKey}` },
  });
  if (!response.ok) throw new Error(`GET /v1/calls answered ${response.status}: ${await response.text()}`);
  const { calls } = callsResponse.parse(await response.json());
  return calls.find((call) => call.callId === callId && call.state === 'ended');
}
