import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outbox } from './outbox.ts';
import { connectionLost, RamalError } from './ramal-error.ts';

describe('the outbox', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A way to the gateway whose answers a test gives. */
  function openWay() {
    const sent: {
      op: string;
      data: unknown;
      answer: (data: object) => void;
      fail: (error: RamalError) => void;
    }[] = [];
    const outbox = new Outbox(
      (op, data) =>
        new Promise((answer, fail) => {
          sent.push({ op, data, answer, fail });
        }),
    );
    const dial = () => outbox.ask('dial', { intentId: 'a', to: '4732100123' }, 10_000);
    return { sent, outbox, dial };
  }

  it('I1 sends again on the next connection what the last one left unanswered, under the same intentId', async () => {
    const { sent, outbox, dial } = openWay();
    outbox.open();
    const asked = dial();
    sent[0]?.fail(connectionLost());
    outbox.shut();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(sent).toHaveLength(1);
    outbox.open();
    expect(sent).toHaveLength(2);
    sent[1]?.answer({ intentId: 'a', callId: 'c' });
    await expect(asked).resolves.toEqual({ intentId: 'a', callId: 'c' });
    outbox.open();
    expect(sent).toHaveLength(2);
  });

  it('sends again what is lost after the next connection stands already', async () => {
    const { sent, outbox, dial } = openWay();
    outbox.open();
    void dial();
    outbox.open();
    sent[0]?.fail(connectionLost());
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toHaveLength(2);
  });

  it('I2 never sends after the deadline, not even when timers were held back', async () => {
    const { sent, outbox, dial } = openWay();
    const asked = dial().catch((error: unknown) => error);
    // The page slept: the clock went on, the timer did not ring.
    vi.setSystemTime(Date.now() + 10_000);
    outbox.open();
    expect(sent).toHaveLength(0);
    await expect(asked).resolves.toMatchObject({ code: 'not_connected', retryable: true });
  });

  it('I2 says how long ago the click was when it had to wait', async () => {
    const { sent, outbox, dial } = openWay();
    void dial();
    await vi.advanceTimersByTimeAsync(3_000);
    outbox.open();
    void dial();
    expect(sent.map(({ data }) => data)).toEqual([
      { intentId: 'a', to: '4732100123', ageMs: 3_000 },
      { intentId: 'a', to: '4732100123' },
    ]);
  });

  it('tells what was sent and never answered from what was never sent', async () => {
    const { outbox, dial } = openWay();
    const unsent = dial().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(unsent).resolves.toMatchObject({ code: 'not_connected' });
    outbox.open();
    const sent = dial().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(sent).resolves.toMatchObject({ code: 'timeout' });
  });

  it('hands on what the gateway refuses, and sends that no second time', async () => {
    const { sent, outbox, dial } = openWay();
    outbox.open();
    const asked = dial().catch((error: unknown) => error);
    sent[0]?.fail(new RamalError({ code: 'cti_disabled', message: 'off', retryable: false }));
    await expect(asked).resolves.toMatchObject({ code: 'cti_disabled' });
    outbox.open();
    expect(sent).toHaveLength(1);
  });

  it('refuses all that waits, and all that comes, once it is closed', async () => {
    const { outbox, dial } = openWay();
    const waiting = dial().catch((error: unknown) => error);
    outbox.close('auth_failed');
    await expect(waiting).resolves.toMatchObject({ code: 'closed' });
    await expect(dial()).rejects.toMatchObject({ code: 'closed' });
  });
});
