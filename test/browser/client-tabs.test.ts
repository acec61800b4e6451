import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RamalClient } from '@ramal/client';
import { type FaultProxy, sleepUntil, startFaultProxy } from '@ramal/testkit';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleClient } from '../../packages/client/bundle.mjs';
import { openBrowser, watchProblems } from '../harness/open-browser.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

/** How long the network is away: `npm run test:asleep` makes it a minute. */
const ASLEEP_MS = Number(process.env['RAMAL_ASLEEP_MS'] ?? 2_000);
const LONG = 180_000 + ASLEEP_MS;

/** What the page below keeps of what it heard. */
interface Heard {
  shown: string[];
  hidden: string[];
  ended: string[];
  resumes: string[];
  tokens: number;
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>agent</title><script type="module">
  import { connect } from '/ramal-client.min.js';
  const query = new URLSearchParams(location.search);
  const heard = { shown: [], hidden: [], ended: [], resumes: [], tokens: 0 };
  const client = connect({
    url: query.get('gateway'),
    getToken: async () => {
      heard.tokens += 1;
      return (await fetch('/token?' + query)).json();
    },
    timing: { firstMs: 100, longestMs: 500, heartbeatMs: 500, pingTimeoutMs: 1500, connectTimeoutMs: 3000 },
  });
  client.on('popup.show', ({ popup }) => heard.shown.push(popup.kind + ' ' + popup.peer.raw));
  client.on('popup.hide', ({ popup, because }) => heard.hidden.push(popup.kind + ' ' + popup.peer.raw + ' ' + because));
  client.on('call.ended', ({ call }) => heard.ended.push(call.callId));
  client.on('ready', ({ resume }) => heard.resumes.push(resume));
  Object.assign(window, { client, heard, dials: [] });
</script>`;

interface AgentWindow {
  client: RamalClient;
  heard: Heard;
  dials: { callId: string | null; final: string | null }[];
}

describe('@ramal/client in Chromium', () => {
  let system: TestStack;
  let browser: Browser;
  let proxy: FaultProxy;
  let site: Server;
  let siteUrl: string;
  let context: BrowserContext;
  let problems: string[][];

  beforeAll(async () => {
    const bundle = bundleClient();
    [system, browser] = await Promise.all([startTestStack(), openBrowser()]);
    proxy = await startFaultProxy({ url: system.dev.gatewayUrl });
    const { code } = await bundle;
    site = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site');
      if (pathname === '/ramal-client.min.js') {
        response.setHeader('content-type', 'text/javascript');
        return response.end(code);
      }
      if (pathname === '/token') {
        const [user = '', ramal = '', ttl = '600'] = ['user', 'ramal', 'ttl'].map(
          (name) => searchParams.get(name) ?? undefined,
        );
        return void system
          .signToken('demo', user, ramal, Number(ttl))
          .then((token) => response.end(JSON.stringify({ token })));
      }
      response.setHeader('content-type', 'text/html');
      return response.end(PAGE);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => site.once('listening', resolve));
    siteUrl = `http://localhost:${(site.address() as AddressInfo).port}`;
  }, 400_000);

  afterAll(async () => {
    site?.close();
    await browser?.close();
    await proxy?.stop();
    await system?.stop();
  });

  afterEach(async () => {
    await context?.close();
    await proxy.heal();
    await system.simulator.behave({ ringMs: 60, talkMs: 120 });
  });

  it(
    'R43 R45 R46 dials, shows the three pop-ups once in each of two tabs over one connection, and dismisses everywhere',
    async () => {
      const [first, second] = await openTabs(2, 'ana', '3501');
      expect(proxy.connections()).toBe(1);
      await dial(second, '4732100123');
      expect(await settled(second)).toBe('accepted');
      await hears(first, ({ shown }) => shown.includes('end 4732100123'), 'the end pop-up');
      await system.simulator.placeIncoming({ account: 'demo', from: '11987650011', to: '3501' });
      for (const tab of [first, second]) {
        await hears(
          tab,
          ({ shown }) => shown.includes('end 11987650011'),
          'the pop-up of the incoming call that ended',
        );
        const { shown } = await heard(tab);
        expect(shown.toSorted()).toEqual([
          'end 11987650011',
          'end 4732100123',
          'incoming 11987650011',
          'start 4732100123',
        ]);
      }
      const claims = await Promise.all([first, second].map(claimed));
      // Each stands in front on one of the two.
      expect(claims.map(({ length }) => length).reduce((a, b) => a + b)).toBe(2);
      const ends = await popupIds(first);
      for (const popupId of ends)
        await first.evaluate((id) => (window as unknown as AgentWindow).client.popups.dismiss(id), popupId);
      await hears(
        second,
        ({ hidden }) => hidden.filter((one) => one.endsWith(' dismissed')).length === 2,
        'both dismissals',
      );
      expect(await popupIds(second)).toEqual([]);
      expect(problems.flat()).toEqual([]);
    },
    LONG,
  );

  it(
    'I5 the tab that holds the connection is closed in the middle of a call: the others miss nothing and hear nothing twice',
    async () => {
      const [first, second, third] = await openTabs(3, 'bruno', '3502');
      const leader = await findLeader([first, second, third]);
      const rest = [first, second, third].filter((tab) => tab !== leader);
      await system.simulator.behave({ ringMs: 300, talkMs: 2_000 });
      const [dialler] = rest as [Page];
      await dial(dialler, '4732100222');
      await leader.close();
      expect(await settled(dialler)).toBe('accepted');
      await oneCallHeardBy(rest, '4732100222');
      expect(proxy.connections()).toBe(1);
    },
    LONG,
  );

  it(
    'I5 the gateway is killed in the middle of a call: the tabs come back, miss nothing and hear nothing twice',
    async () => {
      const tabs = await openTabs(2, 'carla', '3503');
      await system.simulator.behave({ ringMs: 300, talkMs: 2_500 });
      await dial(tabs[1], '4732100333');
      expect(await settled(tabs[1])).toBe('accepted');
      system.stack.kill('ws-gateway', 'SIGKILL');
      await system.stack.restartOf('ws-gateway', 90_000);
      await oneCallHeardBy(tabs, '4732100333');
      const { resumes } = await heard(tabs[0]);
      expect(resumes).toContain('resumed');
      expect(resumes).not.toContain('lost');
    },
    LONG,
  );

  it(
    'I5 the network is silently away in the middle of a call, and the browser offline: back, nothing missed, nothing twice, nothing late',
    async () => {
      const tabs = await openTabs(2, 'ana', '3501');
      await system.simulator.behave({ ringMs: 200, talkMs: 1_000 });
      await dial(tabs[0], '4732100444');
      expect(await settled(tabs[0])).toBe('accepted');
      proxy.silence();
      await context.setOffline(true);
      const away = performance.now();
      await connection(tabs[0], (state) => state !== 'connected');
      await sleepUntil(() => performance.now() - away >= ASLEEP_MS, {
        timeoutMs: ASLEEP_MS + 10_000,
        describe: 'the time away to pass',
      });
      await context.setOffline(false);
      await proxy.heal();
      await oneCallHeardBy(tabs, '4732100444');
    },
    LONG,
  );

  it(
    'threat 7: the token ends in the middle of a call, and is renewed: nothing is missed, nothing told twice',
    async () => {
      const tabs = await openTabs(2, 'bruno', '3502', 4);
      await system.simulator.behave({ ringMs: 300, talkMs: 4_000 });
      await dial(tabs[0], '4732100666');
      expect(await settled(tabs[0])).toBe('accepted');
      await oneCallHeardBy(tabs, '4732100666');
      const tokens = (await Promise.all(tabs.map(heard))).map((one) => one.tokens);
      expect(Math.max(...tokens)).toBeGreaterThanOrEqual(2);
    },
    LONG,
  );

  it(
    'I6 two agents in two tabs of one browser stay apart',
    async () => {
      const [ana] = await openTabs(1, 'ana', '3501');
      const carla = await openTab('carla', '3503');
      await connection(carla, (state) => state === 'connected');
      expect(proxy.connections()).toBe(2);
      await dial(ana, '4732100888');
      await hears(ana, ({ shown }) => shown.includes('end 4732100888'), 'the end pop-up');
      await dial(carla, '4732100889');
      await hears(carla, ({ shown }) => shown.includes('end 4732100889'), 'the end pop-up');
      expect((await heard(carla)).shown).not.toContain('start 4732100888');
      expect((await heard(ana)).shown).not.toContain('start 4732100889');
    },
    LONG,
  );

  async function openTabs(
    count: number,
    user: string,
    ramal: string,
    ttl = 600,
  ): Promise<[Page, Page, Page]> {
    context = await browser.newContext();
    problems = [];
    const tabs: Page[] = [];
    for (let i = 0; i < count; i++) {
      const tab = await openTab(user, ramal, ttl);
      tabs.push(tab);
      await connection(tab, (state) => state === 'connected');
    }
    return tabs as [Page, Page, Page];
  }

  async function openTab(user: string, ramal: string, ttl = 600): Promise<Page> {
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    problems.push(watchProblems(page));
    await page.goto(
      `${siteUrl}/?${new URLSearchParams({ gateway: proxy.url, user, ramal, ttl: String(ttl) })}`,
    );
    await page.waitForFunction(() => 'client' in window);
    return page;
  }

  /** One call, told once to each of these tabs: the start and the end pop-up, and the end. */
  async function oneCallHeardBy(tabs: Page[], number: string): Promise<void> {
    for (const tab of tabs.filter((one) => !one.isClosed())) {
      await hears(tab, ({ shown }) => shown.includes(`end ${number}`), `the end of ${number}`);
      const { shown, ended } = await heard(tab);
      expect(shown.filter((one) => one.endsWith(number))).toEqual([`start ${number}`, `end ${number}`]);
      expect(new Set(ended).size).toBe(ended.length);
    }
    expect(await system.simulator.originates(number)).toHaveLength(1);
  }
});

function heard(tab: Page): Promise<Heard> {
  return tab.evaluate(() => (window as unknown as AgentWindow).heard);
}

async function hears(tab: Page, fits: (heard: Heard) => boolean, what: string): Promise<void> {
  let last: Heard | undefined;
  await sleepUntil(
    async () => {
      last = await heard(tab);
      return fits(last);
    },
    { timeoutMs: 60_000, describe: () => `${what}; so far: ${JSON.stringify(last)}` },
  );
}

async function connection(tab: Page, fits: (state: string) => boolean): Promise<void> {
  await sleepUntil(
    async () => fits(await tab.evaluate(() => (window as unknown as AgentWindow).client.status.state)),
    {
      timeoutMs: 60_000,
      describe: 'the connection',
    },
  );
}

async function findLeader(tabs: Page[]): Promise<Page> {
  const roles = await Promise.all(
    tabs.map((tab) => tab.evaluate(() => (window as unknown as AgentWindow).client.status.role)),
  );
  const leader = tabs[roles.indexOf('leader')];
  if (leader === undefined) throw new Error(`no leader: ${roles.join(', ')}`);
  return leader;
}

/** Dials without waiting for the ack. */
function dial(tab: Page, number: string): Promise<void> {
  return tab.evaluate((to) => {
    const { client, dials } = window as unknown as AgentWindow;
    const kept: AgentWindow['dials'][number] = { callId: null, final: null };
    dials.push(kept);
    void client.dial(to).then(async (made) => {
      kept.callId = made.callId;
      kept.final = (await made.final).state;
    });
  }, number);
}

/** The final state of the tab's last dial. */
function settled(tab: Page): Promise<string> {
  return sleepUntil(
    async () =>
      (await tab.evaluate(() => (window as unknown as AgentWindow).dials.at(-1)?.final)) ?? undefined,
    { timeoutMs: 60_000, describe: 'the final state of the dial' },
  );
}

function popupIds(tab: Page): Promise<string[]> {
  return tab.evaluate(() =>
    (window as unknown as AgentWindow).client.popups.list.map(({ popupId }) => popupId),
  );
}

function claimed(tab: Page): Promise<string[]> {
  return tab.evaluate(() =>
    (window as unknown as AgentWindow).client.popups.list
      .filter((one) => one.claimed)
      .map(({ popupId }) => popupId),
  );
}
