import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildCall, buildPopup, buildToken } from '../../test/build-messages.ts';
import { FakeBrowser, type FakeTab } from '../../test/fake-browser.ts';
import { FakeGateway } from '../../test/fake-gateway.ts';
import { passTime } from '../../test/pass-time.ts';
import type { RamalClient } from '../client.ts';
import { createClient } from '../connect.ts';

/** `RAMAL_SEEDS=1-2000` tries more of them. */
const [FIRST_SEED = 1, LAST_SEED = 25] = (process.env['RAMAL_SEEDS'] ?? '').match(/\d+/g)?.map(Number) ?? [];
const SEEDS_MS = (LAST_SEED - FIRST_SEED + 1) * 3_000;

interface Opened {
  client: RamalClient;
  tab: FakeTab;
  /** Every call event, by its number. */
  heard: number[];
  shown: string[];
  hidden: string[];
  resyncs: number;
  /** How many had been told when it first knew what stands; null until then. */
  begunAt: number | null;
}

describe('tabs of one browser', () => {
  let gateway: FakeGateway;
  let browser: FakeBrowser;
  let opened: Opened[];
  let told: number;

  beforeEach(() => {
    vi.useFakeTimers();
    gateway = new FakeGateway();
    browser = new FakeBrowser();
    opened = [];
    told = 0;
  });

  afterEach(() => {
    for (const { client } of opened) client.close();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  const pass = (ms = 300) => passTime(ms);

  async function open(user = 'ana', at = gateway): Promise<Opened> {
    const tab = browser.openTab();
    const client = createClient(
      { url: 'wss://ramal.example', WebSocket: at.WebSocket, getToken: () => buildToken(user) },
      tab.platform,
    );
    const one: Opened = { client, tab, heard: [], shown: [], hidden: [], resyncs: 0, begunAt: null };
    client.on('call.updated', ({ call }) => one.heard.push(call.startedAt));
    client.on('popup.show', ({ popup }) => one.shown.push(popup.popupId));
    client.on('popup.hide', ({ popup, because }) => one.hidden.push(`${popup.popupId} ${because}`));
    client.on('resync', () => (one.resyncs += 1));
    client.on('ready', () => (one.begunAt ??= told));
    opened.push(one);
    await pass();
    return one;
  }

  const tell = (number: number) => gateway.push('call.updated', buildCall({ startedAt: number }));
  const roles = (tabs: Opened[]) => tabs.map(({ client }) => client.status.role);

  it('share one connection, and hear the same', async () => {
    const tabs = [await open(), await open(), await open()];
    expect(gateway.sockets.size).toBe(1);
    expect(roles(tabs)).toEqual(['leader', 'follower', 'follower']);
    expect(tabs.map(({ client }) => client.status.state)).toEqual(['connected', 'connected', 'connected']);
    expect(tabs.map(({ client }) => client.agent?.user)).toEqual(['ana', 'ana', 'ana']);
    tell(1);
    tell(2);
    await pass();
    expect(tabs.map(({ heard }) => heard)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  it('I6 stay apart when they are of two agents', async () => {
    const other = new FakeGateway();
    const ana = await open('ana');
    const bruno = await open('bruno', other);
    expect(roles([ana, bruno])).toEqual(['leader', 'leader']);
    tell(1);
    await pass();
    expect(bruno.heard).toEqual([]);
  });

  it('dial through the leader, and keep the promise when the leader dies before the answer', async () => {
    const [leader, follower] = [await open(), await open()];
    gateway.isMute = true;
    const dialling = follower.client.dial('4732100123');
    await pass(500);
    expect(gateway.frames.filter(({ op }) => op === 'dial')).toHaveLength(1);
    leader.tab.die();
    gateway.cut();
    gateway.isMute = false;
    await pass(1_500);
    const dial = await dialling;
    expect(dial.callId).toBe(`call-${dial.intentId}`);
    // Asked twice under one intentId, which is one call (I1).
    expect(gateway.frames.filter(({ op }) => op === 'dial')).toHaveLength(2);
    expect(gateway.dials).toHaveLength(1);
    gateway.push('dial.accepted', { intentId: dial.intentId, callId: `call-${dial.intentId}` });
    await pass();
    expect(dial.state).toBe('accepted');
  });

  it('show a pop-up in front on the one that was looked at last, and on another one when that closes', async () => {
    const tabs = [await open(), await open(), await open()];
    // Outside of a page every tab counts as looked at from its start: the one opened last is the last.
    gateway.push('popup.show', buildPopup());
    for (const socket of gateway.ready)
      socket.receive({ op: 'popup.claim', ts: 0, data: { popupId: 'popup-1', claimed: true } });
    await pass();
    const claims = () => tabs.map(({ client }) => client.popups.get('popup-1')?.claimed);
    expect(claims().filter(Boolean)).toHaveLength(1);
    const front = claims().indexOf(true);
    expect(front).toBe(2);
    tabs[front]?.tab.die();
    await pass();
    const rest = claims().filter((_, i) => i !== front);
    expect(rest.filter(Boolean)).toHaveLength(1);
    expect(tabs.map(({ shown }) => shown)).toEqual([['popup-1'], ['popup-1'], ['popup-1']]);
  });

  it('I5 take over from a leader that hangs, and the hung one follows when it wakes up', async () => {
    const [leader, follower] = [await open(), await open()];
    leader.tab.isHung = true;
    tell(1);
    await pass(16_000);
    expect(follower.client.status).toMatchObject({ role: 'leader', state: 'connected' });
    expect(follower.heard).toEqual([1]);
    leader.tab.isHung = false;
    tell(2);
    await pass(4_000);
    expect(roles([leader, follower])).toEqual(['follower', 'leader']);
    expect(gateway.sockets.size).toBe(1);
    expect([leader.heard, follower.heard]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('catch up by what the leader knows after having missed its words', async () => {
    const [, follower] = [await open(), await open()];
    follower.tab.isHung = true;
    tell(1);
    tell(2);
    await pass();
    follower.tab.isHung = false;
    tell(3);
    await pass();
    expect(follower.heard).toEqual([1, 2, 3]);
    expect(follower.resyncs).toBe(0);
  });

  it('I5 hear what they missed from the next leader, though nothing else happens', async () => {
    const [leader, next, absent] = [await open(), await open(), await open()];
    absent.tab.isHung = true;
    tell(1);
    await pass();
    leader.tab.die();
    leader.client.close();
    await pass(1_000);
    expect(roles([next, absent])).toEqual(['leader', 'follower']);
    absent.tab.isHung = false;
    await pass(4_000);
    expect([next.heard, absent.heard]).toEqual([[1], [1]]);
    expect(absent.resyncs).toBe(0);
  });

  it('log out together, and none comes back by itself', async () => {
    const tabs = [await open(), await open()];
    await Promise.all([tabs[1]?.client.logout(), pass()]);
    await pass(5_000);
    expect(tabs.map(({ client }) => client.status)).toMatchObject([
      { state: 'disconnected', reason: 'logged_out' },
      { state: 'disconnected', reason: 'logged_out' },
    ]);
    expect(gateway.sockets.size).toBe(0);
    await open();
    expect(gateway.sockets.size).toBe(1);
  });

  it(
    'I5 hear everything once and in order, whichever tabs close, die or hang and however often the network breaks',
    async () => {
      for (let seed = FIRST_SEED; seed <= LAST_SEED; seed++) {
        gateway = new FakeGateway();
        browser = new FakeBrowser();
        const random = createRandom(seed);
        vi.spyOn(Math, 'random').mockImplementation(createRandom(-seed));
        const steady = await open();
        let live = [steady];
        told = 0;
        for (let step = 0; step < 40; step++) {
          const dice = random();
          const victim = live[Math.floor(random() * live.length)];
          if (dice < 0.5) tell(++told);
          else if (dice < 0.6) gateway.cut();
          else if (dice < 0.75 && live.length < 4) {
            const one = await open();
            live.push(one);
          } else if (dice < 0.9 && live.length > 1 && victim !== undefined) {
            if (random() < 0.5) victim.client.close();
            else {
              victim.tab.die();
              // Says nothing to the others any more; the system ends the connection of a process that is gone.
              victim.client.close();
            }
            live = live.filter((one) => one !== victim);
          } else await pass(random() * 2_000);
          if (random() < 0.5) await pass(random() * 100);
        }
        tell(++told);
        await pass(40_000);
        for (const one of live) {
          const all = Array.from({ length: told }, (_, i) => i + 1);
          const since = one.begunAt ?? told;
          // A tab knows from its beginning what stands then; each event after that comes to it once.
          const expected = all.filter((number) => number > since || one.heard.includes(number));
          expect(one.heard, `seed ${seed}`).toEqual(expected);
          expect(one.resyncs, `seed ${seed}`).toBe(0);
        }
        expect(gateway.ready.length, `seed ${seed}`).toBe(1);
        for (const { client } of live) client.close();
        await pass();
      }
    },
    SEEDS_MS,
  );
});

/** Mulberry32: the same numbers for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
