import type { Popup } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type ClaimsStack,
  openClaimsStack,
  type TestPage,
  type TestProcess,
} from '../test/open-claims-stack.ts';

let stack: ClaimsStack;
let here: TestProcess;
let there: TestProcess;
beforeEach(async () => {
  stack = await openClaimsStack();
  [here, there] = [await stack.startGateway(), await stack.startGateway()];
});
afterEach(() => stack.close());

/** Shows a pop-up and waits until these pages have it. */
async function show(pages: readonly TestPage[]): Promise<string> {
  const { popupId } = await stack.tell('show');
  await sleepUntil(() => pages.every((page) => page.shown().includes(popupId)));
  return popupId;
}

const claimersOf = (popupId: string, pages: readonly TestPage[]) =>
  pages.filter((page) => page.claimed().includes(popupId));

async function becomesClaimer(popupId: string, page: TestPage, pages: readonly TestPage[]): Promise<void> {
  await sleepUntil(() => page.claimed().includes(popupId), { describe: 'the claim to pass' });
  expect(claimersOf(popupId, pages)).toEqual([page]);
}

it('of two tabs on two gateways the one that was looked at last claims a pop-up, and both have it', async () => {
  const [one, other] = [await here.open({ tab: 'a' }), await there.open({ tab: 'b' })];
  expect(claimersOf(await show([one, other]), [one, other])).toEqual([other]);
  expect(await one.ask('focus')).toMatchObject({ op: 'ack', data: {} });
  expect(claimersOf(await show([one, other]), [one, other])).toEqual([one]);
});

it('nobody ever looked: still exactly one claims', async () => {
  const pages = [
    await here.open({ tab: 'a', focused: false }),
    await there.open({ tab: 'b', focused: false }),
    await there.open({ focused: false }),
  ];
  expect(claimersOf(await show(pages), pages)).toHaveLength(1);
});

it('the claimer is closed: the next one, on another gateway, hears that the pop-up is its own', async () => {
  const [one, other] = [await here.open({ tab: 'a' }), await there.open({ tab: 'b' })];
  const popupId = await show([one, other]);
  other.close();
  await becomesClaimer(popupId, one, [one]);
  expect(one.socket.frames.at(-1)).toMatchObject({ op: 'popup.claim', data: { popupId, claimed: true } });
  // It also stands in what it is told from now on.
  expect(await one.ask('sync')).toMatchObject({ data: { claimed: [popupId] } });
});

it('with nobody connected a pop-up waits for who joins first', async () => {
  const { popupId } = await stack.tell('show');
  const one = await here.open({ tab: 'a', focused: false });
  const other = await there.open({ tab: 'b' });
  expect([one.claimed(), other.claimed()]).toEqual([[popupId], []]);
});

it('kill -9 of the claimer’s gateway: its tab is the claimer again wherever it comes back', async () => {
  const one = await here.open({ tab: 'a' });
  const other = await there.open({ tab: 'b' });
  const popupId = await show([one, other]);
  const resume = other.resumeAt();
  there.kill();
  const missed = await show([one]);
  const third = await stack.startGateway();
  const again = await third.open({ tab: 'b', resume });
  await sleepUntil(() => again.shown().includes(missed));
  // What is known already is not told again, so the claim on it stands in `claimed` or is as it was.
  expect(again.socket.frames[0]).toMatchObject({ op: 'ready', data: { claimed: [popupId] } });
  await becomesClaimer(missed, again, [one, again]);
  expect(one.claimed()).toEqual([]);
});

it('kill -9 of the claimer’s gateway, and its tab never comes back: the claim passes when the lease ends', async () => {
  const dying = await stack.startGateway({ leaseMs: 300 });
  const one = await here.open({ tab: 'a' });
  const other = await dying.open({ tab: 'b' });
  const popupId = await show([one, other]);
  expect(claimersOf(popupId, [one, other])).toEqual([other]);
  dying.kill();
  await becomesClaimer(popupId, one, [one]);
});

it('a page without a tab name that comes back takes over from its former self, which hears of it', async () => {
  const former = await here.open();
  const popupId = await show([former]);
  const again = await there.open();
  expect(again.claimed()).toEqual([popupId]);
  await sleepUntil(() => former.claimed().length === 0);
  former.close();
  expect(claimersOf(await show([again]), [again])).toEqual([again]);
  expect(again.claimed()).toContain(popupId);
});

it('a tab that was duplicated is told so: one of the two claims', async () => {
  const first = await here.open({ tab: 'same' });
  const popupId = await show([first]);
  const copy = await there.open({ tab: 'same' });
  await becomesClaimer(popupId, copy, [copy]);
  await sleepUntil(() => first.claimed().length === 0);
  await first.ask('focus');
  expect(claimersOf(await show([first, copy]), [first, copy])).toEqual([first]);
});

it('a page that resumes claims what was shown while it was away', async () => {
  const one = await here.open({ tab: 'a' });
  await show([one]);
  const resume = one.resumeAt();
  one.close();
  const { popupId } = await stack.tell('show');
  const again = await there.open({ tab: 'a', resume });
  await sleepUntil(() => again.shown().includes(popupId));
  expect(again.socket.frames.at(-1)).toMatchObject({ op: 'popup.show', seq: resume.seq + 1, claimed: true });
});

it('a claim that passed while the feed was cut is told when it stands again', async () => {
  const [one, other] = [await here.open({ tab: 'a' }), await there.open({ tab: 'b' })];
  const popupId = await show([one, other]);
  here.subscriber.disconnect(true);
  other.close();
  await becomesClaimer(popupId, one, [one]);
});

it('the claimer closes while Redis is frozen: the claim passes when it thaws', async () => {
  const [one, other] = [await here.open({ tab: 'a' }), await there.open({ tab: 'b' })];
  const popupId = await show([one, other]);
  stack.server.signal('SIGSTOP');
  other.close();
  await sleepUntil(() => there.noted().includes('backgroundFailed presence'), { timeoutMs: 30_000 });
  stack.server.signal('SIGCONT');
  await sleepUntil(() => one.claimed().includes(popupId), { timeoutMs: 30_000 });
});

it('Redis loses everything without a word: new pop-ups are claimed again soon', async () => {
  const page = await here.open({ tab: 'a' });
  await stack.redis.flushall();
  const { popupId } = await stack.tell('show');
  await sleepUntil(() => page.claimed().includes(popupId));
});

it('I6 the agents of two tenants with one name claim their own', async () => {
  const [acme, globex] = [await here.open({ tab: 'a' }), await here.open({ tab: 'a', tenant: 'globex' })];
  const popupId = await show([acme]);
  const theirs = await stack.tell('show', { tenant: 'globex' });
  await sleepUntil(() => globex.shown().length === 1);
  expect([acme.claimed(), globex.claimed()]).toEqual([[popupId], [theirs.popupId]]);
  acme.close();
  const sentinel = await stack.tell('show', { tenant: 'globex' });
  await sleepUntil(() => globex.shown().includes(sentinel.popupId));
  expect(globex.claimed()).toEqual([theirs.popupId, sentinel.popupId]);
});

it('whatever pages do at the same time, in the end each pop-up is claimed by exactly one of them', async () => {
  let random = 23;
  const next = (below: number) => {
    random = (random * 48_271) % 2_147_483_647;
    return random % below;
  };
  let pages: TestPage[] = [];
  const standing: Popup[] = [];
  const one = async () => {
    const gateway = next(2) === 0 ? here : there;
    const what = next(6);
    const page = pages[next(pages.length || 1)];
    if (what <= 1 && pages.length < 6) {
      const tab = next(3) === 0 ? {} : { tab: `tab-${next(100)}` };
      const opened = await gateway.open({ ...tab, focused: next(3) > 0 });
      pages.push(opened);
    } else if (what === 2) page?.send('focus');
    else if (what === 3) {
      page?.close();
      pages = pages.filter((open) => open !== page);
    } else if (standing.length < 10) standing.push(await stack.tell('show'));
    else await stack.tell('hide', { popup: standing.splice(next(standing.length), 1)[0] });
  };
  for (let round = 0; round < 60; round++) {
    await Promise.all(Array.from({ length: 1 + next(4) }, one));
    if (pages.length === 0) continue;
    await sleepUntil(
      () =>
        standing.every(({ popupId }) => {
          const all = pages.every((page) => page.shown().includes(popupId));
          return all && claimersOf(popupId, pages).length === 1;
        }),
      { describe: `one claimer each in round ${round}` },
    );
  }
});
