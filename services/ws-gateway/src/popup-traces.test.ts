import { randomUUID } from 'node:crypto';
import type { InboxPage, NewTrace } from '@ramal/bus';
import type { Popup } from '@ramal/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { createPopupTraces, type PopupTraces } from './popup-traces.ts';

const ANA = { tenant: 'acme', user: 'ana', ramal: '3501' };
let noted: NewTrace[];
let traces: PopupTraces;
const open = (name = 'gw:1') =>
  createPopupTraces(
    {
      record: (tenant, trace) => {
        expect(tenant).toBe('acme');
        noted.push(trace);
      },
      stop: async () => undefined,
    },
    ANA,
    7,
    name,
  );
beforeEach(() => {
  noted = [];
  traces = open();
});

function popup(over: Partial<Popup> = {}): Popup {
  return {
    popupId: randomUUID(),
    kind: 'incoming',
    callId: randomUUID(),
    direction: 'inbound',
    state: 'ringing',
    peer: { raw: '4732100123', e164: null, display: '4732100123' },
    ramal: '3501',
    startedAt: 1,
    expiresAt: 2,
    context: { op: '{"op":"popup.show"' },
    ...over,
  };
}
const body = (op: string, data: object) => JSON.stringify({ op, ts: 1_795_380_273_441, data });
const page = (bodies: string[], popups: Popup[] = []): InboxPage => ({
  epoch: 'e',
  seq: bodies.length,
  entries: bodies.map((text, i) => ({ seq: i + 1, body: text })),
  complete: true,
  popups,
  claims: new Map(),
  nowMs: 0,
});

describe('what a socket was shown', () => {
  it('is noted with whose it is to bring to the front', () => {
    const [mine, theirs, nobodys] = [popup(), popup(), popup()];
    traces.written(body('popup.show', mine), 'gw:1', false);
    traces.written(body('popup.show', theirs), 'gw:2', false);
    traces.written(body('popup.show', nobodys), '', true);
    const told = { step: 'popup.delivered', user: 'ana' };
    const { popupId, callId } = mine;
    expect(noted).toEqual([
      { ...told, popupId, callId, detail: { socket: 'gw:1', resumed: false, claimed: true } },
      {
        ...told,
        popupId: theirs.popupId,
        callId: theirs.callId,
        reason: 'claimed_elsewhere',
        detail: { socket: 'gw:1', resumed: false, claimed: false },
      },
      {
        ...told,
        popupId: nobodys.popupId,
        callId: nobodys.callId,
        detail: { socket: 'gw:1', resumed: true, claimed: false },
      },
    ]);
  });

  it('is once for each pop-up, however often it is told', () => {
    const shown = popup();
    traces.standing([shown], new Map([[shown.popupId, 'gw:1']]));
    traces.standing([shown], new Map());
    traces.written(body('popup.show', shown), undefined, false);
    expect(noted).toMatchObject([{ popupId: shown.popupId, detail: { resumed: true, claimed: true } }]);
  });

  it('is no update, no hide and no other event, whatever they hold', () => {
    const shown = popup();
    for (const text of [
      body('popup.update', shown),
      body('popup.hide', { ...shown, hidden: 'ended' }),
      body('call.updated', { context: { a: body('popup.show', shown) } }),
      '',
      '{"op":"popup.show"',
    ])
      traces.written(text, undefined, false);
    expect(noted).toEqual([]);
  });

  it('names a socket that claims nothing by its number', () => {
    open('').written(body('popup.show', popup()), 'gw:1', false);
    expect(noted).toMatchObject([{ reason: 'claimed_elsewhere', detail: { socket: '7', claimed: false } }]);
  });
});

describe('what a replay leaves out', () => {
  it('is noted with why: closed, over, or run out', () => {
    const [live, closed, over, taken, gone] = [popup(), popup(), popup(), popup(), popup()] as const;
    const shows = [live, closed, over, taken, gone].map((one) => body('popup.show', one));
    const hides = [
      body('popup.hide', { ...closed, hidden: 'dismissed' }),
      body('popup.hide', { ...over, hidden: 'ended' }),
      body('popup.hide', { ...taken, hidden: 'answered_elsewhere' }),
    ];
    traces.leftOut(page([...shows, ...hides], [live]));
    expect(noted.map(({ step, popupId, reason }) => ({ step, popupId, reason }))).toEqual([
      { step: 'popup.withheld', popupId: closed.popupId, reason: 'dismissed' },
      { step: 'popup.withheld', popupId: over.popupId, reason: 'ended' },
      { step: 'popup.withheld', popupId: taken.popupId, reason: 'ended' },
      { step: 'popup.withheld', popupId: gone.popupId, reason: 'expired' },
    ]);
  });
});
