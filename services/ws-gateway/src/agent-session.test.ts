import type { Popup } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeSocket, type FakeSocket } from '../test/fake-socket.ts';
import { createMemoryInbox, type MemoryInbox } from '../test/memory-inbox.ts';
import { createNotedEvents, type NotedEvents } from '../test/noted-events.ts';
import { AgentSession, type ResumePoint, type SessionState } from './agent-session.ts';

const ANA = { tenant: 'acme', user: 'ana', ramal: '3501' };
let memory: MemoryInbox;
let socket: FakeSocket;
let events: NotedEvents;
let session: AgentSession;

beforeEach(async () => {
  memory = createMemoryInbox();
  await reconnect();
});

async function reconnect(): Promise<void> {
  socket = createFakeSocket();
  events = createNotedEvents();
  session = new AgentSession(ANA, socket, memory.inbox, events, 'me');
  await memory.feed.subscribe('acme', 'ana', (entry) => session.receive(entry));
}

const begin = (resume: ResumePoint | null = null) =>
  session.begin(resume, (state) => socket.send(JSON.stringify({ op: 'ready', data: state })));
const heard = () => socket.frames.map(({ op, seq }) => (seq === undefined ? op : `${seq} ${op}`));
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const popup = (popupId: string, forMs = 60_000) => ({ popupId, expiresAt: Date.now() + forMs }) as Popup;

describe('a fresh session', () => {
  it('I5 hears the state first, then everything after it, once and in order', async () => {
    memory.tell('call.created');
    memory.tell('popup.show', { popupId: 'p1' });
    memory.popups = [popup('p1')];
    const state = await begin();
    expect(state).toMatchObject({
      popups: [{ popupId: 'p1' }],
      resume: { epoch: 'epoch-1', seq: 2, status: 'fresh' },
    });
    memory.tell('popup.update');
    memory.tell('popup.hide');
    expect(heard()).toEqual(['ready', '3 popup.update', '4 popup.hide']);
  });

  it('I5 is not shown what ran out while the inbox was read', async () => {
    memory.popups = [popup('brief', 20), popup('lasting')];
    const open = memory.hold();
    const begun = begin();
    const askedAt = performance.now();
    await sleepUntil(() => performance.now() - askedAt > 40, { describe: 'the brief one to run out' });
    open();
    expect((await begun).popups).toMatchObject([{ popupId: 'lasting' }]);
  });

  it('I5 nothing that happens while the inbox is read is missed or told twice', async () => {
    const open = memory.hold();
    memory.tell('one');
    const beginning = begin();
    await settled();
    memory.tell('two');
    memory.tell('three');
    open();
    await beginning;
    memory.tell('four');
    expect(heard()).toEqual(['ready', '2 two', '3 three', '4 four']);
  });

  it('hears nothing before its beginning was answered', async () => {
    memory.tell('one');
    void session.catchUp();
    await settled();
    expect(heard()).toEqual([]);
    await begin();
    expect(heard()).toEqual(['ready']);
  });
});

describe('a session that resumes', () => {
  it('I5 gets what came after its last seq, and nothing else', async () => {
    for (const op of ['one', 'two', 'three']) memory.tell(op);
    const state = await begin({ epoch: 'epoch-1', seq: 1 });
    expect(state.resume).toEqual({ epoch: 'epoch-1', seq: 1, status: 'resumed' });
    memory.tell('four');
    expect(heard()).toEqual(['ready', '2 two', '3 three', '4 four']);
  });

  it('I5 is not shown again what was hidden, dismissed or ran out meanwhile', async () => {
    memory.tell('popup.show', { popupId: 'gone' });
    memory.tell('popup.show', { popupId: 'stands' });
    memory.tell('popup.update', { popupId: 'gone' });
    memory.tell('popup.hide', { popupId: 'gone' });
    memory.popups = [popup('known'), popup('stands')];
    const state = await begin({ epoch: 'epoch-1', seq: 0 });
    // What a replayed event will show is not shown by the state too.
    expect(state.popups).toMatchObject([{ popupId: 'known' }]);
    expect(heard()).toEqual(['ready', '2 popup.show', '4 popup.hide']);
  });

  it.each<[string, () => ResumePoint]>([
    ['of another epoch', () => ({ epoch: 'epoch-0', seq: 1 })],
    ['that claims more than there is', () => ({ epoch: 'epoch-1', seq: 9 })],
    [
      'whose events are gone',
      () => {
        memory.trim(2);
        return { epoch: 'epoch-1', seq: 1 };
      },
    ],
  ])('%s is lost: the state is all it gets', async (_, resume) => {
    for (const op of ['one', 'two', 'three']) memory.tell(op);
    memory.popups = [popup('stands')];
    const state = await begin(resume());
    expect(state).toMatchObject({ popups: [{ popupId: 'stands' }], resume: { seq: 3, status: 'lost' } });
    memory.tell('four');
    expect(heard()).toEqual(['ready', '4 four']);
  });

  it('that missed nothing gets nothing', async () => {
    memory.tell('one');
    expect((await begin({ epoch: 'epoch-1', seq: 1 })).resume.status).toBe('resumed');
    expect(heard()).toEqual(['ready']);
  });
});

describe('a live session', () => {
  beforeEach(async () => {
    memory.tell('one');
    await begin();
    socket.frames.length = 0;
  });

  it('I5 reads what the feed lost, in order', async () => {
    memory.tell('two', {}, { lost: true });
    memory.tell('three', {}, { lost: true });
    memory.tell('four');
    memory.tell('five');
    await sleepUntil(() => heard().length === 4);
    expect(heard()).toEqual(['2 two', '3 three', '4 four', '5 five']);
    expect(events.noted.filter((what) => what.startsWith('gapHealed'))).toHaveLength(1);
  });

  it('I5 a gap is healed once, however many entries tell of it', async () => {
    const open = memory.hold();
    const before = memory.reads;
    memory.tell('two', {}, { lost: true });
    for (const op of ['three', 'four', 'five']) memory.tell(op);
    await settled();
    memory.tell('six');
    open();
    await sleepUntil(() => heard().length === 5);
    await settled();
    expect(heard()).toEqual(['2 two', '3 three', '4 four', '5 five', '6 six']);
    expect(memory.reads - before).toBe(1);
  });

  it('hears nothing of what it heard before', async () => {
    memory.tell('two');
    session.receive([
      { epoch: 'epoch-1', seq: 1, body: '{"op":"one"}' },
      { epoch: 'epoch-1', seq: 2, body: '{"op":"two"}' },
    ]);
    await settled();
    expect(heard()).toEqual(['2 two']);
  });

  it('I5 what was lost while a read was under way is read after it', async () => {
    const open = memory.hold();
    void session.catchUp();
    await settled();
    memory.tell('two', {}, { lost: true });
    // The feed stands again only now; the read under way is older than what was lost.
    void session.catchUp();
    open();
    await sleepUntil(() => heard().length === 1);
    expect(heard()).toEqual(['2 two']);
  });

  it.each([
    ['the epoch is another one', () => memory.lose()],
    ['the events are gone', () => memory.trim(2)],
  ])('I5 is told all that stands when %s', async (_, forget) => {
    memory.tell('two', {}, { lost: true });
    memory.popups = [popup('stands')];
    forget();
    memory.tell('three', {}, { lost: true });
    void session.catchUp();
    await sleepUntil(() => heard().length === 1);
    expect(socket.frames[0]).toMatchObject({
      op: 'resync',
      data: { popups: [{ popupId: 'stands' }], resume: { status: 'lost' } },
    });
    memory.tell('four');
    expect(heard()).toEqual(['resync', expect.stringMatching(/^\d four$/)]);
  });

  it('I5 a new epoch is noticed by its first entry', async () => {
    memory.lose();
    memory.tell('one again');
    await sleepUntil(() => heard().length > 0);
    memory.tell('two');
    expect(heard()).toEqual(['resync', '2 two']);
  });

  it('I5 tries again by itself when the inbox could not be read, and loses nothing', async () => {
    memory.failReads(2);
    memory.tell('two', {}, { lost: true });
    memory.tell('three');
    await sleepUntil(() => heard().length === 2, { timeoutMs: 10_000 });
    expect(heard()).toEqual(['2 two', '3 three']);
    expect(events.noted).toContain('backgroundFailed inbox');
    memory.tell('four');
    expect(heard()).toEqual(['2 two', '3 three', '4 four']);
  });

  it('reads nothing any more once it is closed', async () => {
    socket.close(1000, 'bye');
    const before = memory.reads;
    void session.catchUp();
    memory.tell('two', {}, { lost: true });
    memory.tell('three');
    await settled();
    expect(memory.reads).toBe(before);
  });
});

describe('sync', () => {
  const sync = (states: SessionState[] = []) =>
    session.begin(null, (state) => {
      states.push(state);
      socket.send(JSON.stringify({ op: 'ack', data: state }));
    });
  beforeEach(async () => {
    memory.tell('one');
    await begin();
    socket.frames.length = 0;
  });

  it('answers with the state, and goes on behind it', async () => {
    memory.tell('two');
    await sync();
    memory.tell('three');
    expect(heard()).toEqual(['2 two', 'ack', '3 three']);
    expect(socket.frames[1]?.data.resume).toEqual({ epoch: 'epoch-1', seq: 2, status: 'fresh' });
  });

  it('I5 that fails leaves the session alive', async () => {
    memory.failReads(1);
    const open = memory.hold();
    const syncing = sync();
    await settled();
    memory.tell('two');
    open();
    await expect(syncing).rejects.toThrow('Redis is away');
    memory.tell('three');
    await settled();
    expect(heard()).toEqual(['2 two', '3 three']);
  });

  it('I5 at the same time as a gap is healed, nothing comes twice or out of order', async () => {
    const states: SessionState[] = [];
    const open = memory.hold();
    memory.tell('two', {}, { lost: true });
    memory.tell('three');
    const syncing = sync(states);
    await settled();
    memory.tell('four');
    memory.tell('five', {}, { lost: true });
    void session.catchUp();
    const again = sync(states);
    open();
    await Promise.all([syncing, again]);
    memory.tell('six');
    await settled();
    const seqs = socket.frames.flatMap(({ seq }) => seq ?? []);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(new Set(seqs).size).toBe(seqs.length);
    expect(seqs.at(-1)).toBe(6);
    // Each event came by itself or is covered by a state that was told later.
    const covered = Math.max(...states.map(({ resume }) => resume.seq));
    for (const seq of [2, 3, 4, 5]) expect(seqs.includes(seq) || seq <= covered).toBe(true);
    for (const [i, frame] of socket.frames.entries()) {
      if (frame.op !== 'ack') continue;
      for (const later of socket.frames.slice(i + 1))
        if (later.seq !== undefined) expect(later.seq).toBeGreaterThan(frame.data.resume.seq);
    }
  });
});

it('I5 whatever the feed loses, repeats or disorders, each event is heard once and in order', async () => {
  await begin();
  socket.frames.length = 0;
  let random = 7;
  const next = (below: number) => {
    random = (random * 48_271) % 2_147_483_647;
    return random % below;
  };
  for (let n = 1; n <= 300; n++) {
    memory.tell(`event`, {}, { lost: next(3) === 0 });
    if (next(4) === 0) session.receive([{ epoch: 'epoch-1', seq: 1 + next(n), body: '{"op":"event"}' }]);
    if (next(5) === 0) session.receive([{ epoch: 'epoch-1', seq: n, body: '{"op":"event"}' }]);
    if (next(6) === 0) await settled();
    if (next(20) === 0) memory.failReads(0);
  }
  void session.catchUp();
  await sleepUntil(() => socket.frames.length >= 300);
  await settled();
  expect(socket.frames.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
});

describe('the claims on pop-ups', () => {
  const claims = () =>
    socket.frames.flatMap(({ op, claimed, data }) =>
      op === 'popup.show'
        ? [`show ${data.popupId} ${claimed}`]
        : op === 'popup.claim'
          ? [`claim ${data.popupId} ${data.claimed}`]
          : [],
    );
  const show = (popupId: string, how?: { lost?: boolean; claim?: string }) =>
    memory.tell('popup.show', { popupId }, how);

  it('are told with the state and with each new pop-up, and with nothing else', async () => {
    memory.popups = [popup('mine'), popup('theirs'), popup('nobody’s')];
    memory.claims = new Map([
      ['mine', 'me'],
      ['theirs', 'you'],
    ]);
    expect((await begin()).claimed).toEqual(['mine']);
    show('p1', { claim: 'me' });
    show('p2', { claim: 'you' });
    show('p3', { claim: '' });
    memory.tell('popup.update', { popupId: 'p1' });
    expect(claims()).toEqual(['show p1 true', 'show p2 false', 'show p3 false']);
    expect(socket.frames.at(-1)).not.toHaveProperty('claimed');
  });

  it('that pass are told to the two it concerns', async () => {
    await begin();
    memory.pass('p1', 'me', 'you');
    memory.pass('p2', 'you', 'they');
    memory.pass('p1', 'you', 'me');
    memory.pass('p3', 'you', '');
    expect(claims()).toEqual(['claim p1 true', 'claim p1 false']);
  });

  it('that passed before the state was read are part of it', async () => {
    memory.popups = [popup('p1'), popup('p2')];
    const open = memory.hold();
    const beginning = begin();
    await settled();
    memory.pass('p1', 'me', 'you', Date.now() - 1_000);
    memory.pass('p2', 'me', 'you', Date.now() + 1_000);
    open();
    expect((await beginning).claimed).toEqual([]);
    expect(claims()).toEqual(['claim p2 true']);
  });

  it('of replayed pop-ups are as they are by now', async () => {
    show('p1', { claim: 'you' });
    show('p2', { claim: 'me' });
    memory.popups = [popup('p1'), popup('p2'), popup('known')];
    memory.claims = new Map([
      ['p1', 'me'],
      ['known', 'me'],
    ]);
    expect((await begin({ epoch: 'epoch-1', seq: 0 })).claimed).toEqual(['known']);
    expect(claims()).toEqual(['show p1 true', 'show p2 false']);
  });

  it('are told once more after something was lost: a claim that passed may be among it', async () => {
    memory.popups = [popup('old')];
    memory.claims = new Map([['old', 'you']]);
    await begin();
    memory.claims.set('old', 'me').set('new', 'you');
    memory.popups = [popup('old'), popup('new')];
    show('new', { lost: true });
    await session.catchUp();
    await sleepUntil(() => claims().length === 2);
    expect(claims()).toEqual(['show new false', 'claim old true']);
  });

  it('are part of what is told when all was lost', async () => {
    await begin();
    memory.lose();
    memory.popups = [popup('stands')];
    memory.claims = new Map([['stands', 'me']]);
    await session.catchUp();
    await sleepUntil(() => heard().includes('resync'));
    expect(socket.frames.at(-1)?.data.claimed).toEqual(['stands']);
  });
});
