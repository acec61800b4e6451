import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { type Health, startOpsServer, toHealthReport } from './ops-server.ts';

const well = { name: 'well', check: () => null };
const hanging = { name: 'hanging', check: () => new Promise<null>(() => undefined) };
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function serve(health: Partial<Health>, metrics = createMetrics('test')) {
  const server = await startOpsServer({
    host: '127.0.0.1',
    port: 0,
    metrics,
    health: { live: [], ready: [], ...health },
  });
  open.push(server);
  return (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
}

describe('a health report', () => {
  it('names what is wrong and what is well', async () => {
    const checks = [
      well,
      { name: 'sick', check: async () => 'no pong' },
      {
        name: 'throwing',
        check: () => {
          throw new Error('boom');
        },
      },
      { name: 'rejecting', check: async () => Promise.reject(new Error('gone')) },
    ];
    expect(await toHealthReport(checks)).toEqual({
      ok: false,
      checks: { well: 'ok', sick: 'no pong', throwing: 'boom', rejecting: 'gone' },
    });
  });

  it('takes a hanging check for a failed one, without waiting longer for many', async () => {
    const startedMs = performance.now();
    const more = Array.from({ length: 7 }, (_, n) => ({ ...hanging, name: `hanging too ${n}` }));
    const report = await toHealthReport([well, hanging, ...more]);
    expect(report.ok).toBe(false);
    expect(report.checks['hanging']).toMatch(/^no answer in \d+ ms$/);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});

describe('the ops server', () => {
  it('answers 200 when all is well', async () => {
    const get = await serve({ live: [well], ready: [well] });
    for (const path of ['/healthz', '/readyz', '/readyz?verbose=1']) {
      const response = await get(path);
      expect([response.status, await response.json()]).toEqual([200, { ok: true, checks: { well: 'ok' } }]);
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('answers 503 to the question that hangs, and goes on answering the other', async () => {
    const get = await serve({ live: [well], ready: [hanging] });
    const [ready, live] = await Promise.all([get('/readyz'), get('/healthz')]);
    expect([ready.status, live.status]).toEqual([503, 200]);
  });

  it('serves metrics, also when a gauge can’t be read', async () => {
    const metrics = createMetrics('test');
    metrics.counter('things_total', 'Things').inc(3);
    metrics.gauge('broken', 'Can’t be read', () => Promise.reject(new Error('Redis is down')));
    metrics.gauge('throwing', 'Can’t be read', () => {
      throw new Error('so is this');
    });
    metrics.gauge('fine', 'Can be read', () => 7);
    const response = await (await serve({}, metrics))('/metrics');
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(text).toMatch(/^things_total\{service="test"\} 3$/m);
    expect(text).toMatch(/^fine\{service="test"\} 7$/m);
    expect(text).toMatch(/^broken\{service="test"\} Nan$/im);
  });

  it('knows nothing else', async () => {
    const response = await (await serve({}))('/');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'not_found', retryable: false } });
  });

  it('says when its port is taken', async () => {
    const metrics = createMetrics('test');
    const health = { live: [], ready: [] };
    const first = await startOpsServer({ host: '127.0.0.1', port: 0, metrics, health });
    open.push(first);
    await expect(startOpsServer({ host: '127.0.0.1', port: first.port, metrics, health })).rejects.toThrow(
      'EADDRINUSE',
    );
  });
});
