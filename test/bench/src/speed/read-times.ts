import type pg from 'pg';
import type { Figures } from '../measure/alternate.ts';
import { toMedian } from '../percentiles.ts';

const TIMES = 15;

/** How long the api takes to list a company's newest calls, to find one by its number's end, and to tell a call's timeline, ms. */
export async function readTimes(
  api: { url: string; key: string },
  client: pg.Client,
  tenant: string,
  signal: AbortSignal,
): Promise<Figures> {
  const { rows } = await client.query<{ call_id: string; peer: string }>(
    `select call_id, peer from calls where tenant = $1 and started_at < now() - interval '1 day'
      order by started_at desc limit $2`,
    [tenant, TIMES],
  );
  const timesOf = async (pathOf: (call: { call_id: string; peer: string }) => string): Promise<number> => {
    const took: number[] = [];
    for (const call of rows) {
      const startedMs = performance.now();
      const response = await fetch(`${api.url}${pathOf(call)}`, {
        headers: { authorization: `Bearer ${api.key}` },
        signal,
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${pathOf(call)} was answered with ${response.status}`);
      took.push(performance.now() - startedMs);
    }
    return toMedian(took);
  };
  return {
    listMs: await timesOf(() => `/v1/calls?tenant=${tenant}`),
    searchMs: await timesOf(({ peer }) => `/v1/calls?tenant=${tenant}&number=${peer.slice(-8)}`),
    timelineMs: await timesOf(({ call_id }) => `/v1/calls/${call_id}/timeline?tenant=${tenant}`),
  };
}
