import type { ShownPopup } from '@ramal/client';
import type { Browser, Page } from 'playwright-core';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../harness/open-browser.ts';
import {
  buildPopup,
  findAxeViolations,
  openPopupPage,
  type PopupWindow,
  show,
} from '../harness/popup-page.ts';

const KINDS: Record<'start' | 'incoming' | 'end', Partial<ShownPopup>> = {
  start: { popupId: 's', kind: 'start', direction: 'outbound', state: 'requesting' },
  incoming: { popupId: 'i', kind: 'incoming' },
  end: {
    popupId: 'e',
    kind: 'end',
    state: 'ended',
    result: 'completed',
    durationSec: 125,
    recording: 'https://pbx.test/rec/1.wav',
  },
};
const FORM = '<main><h1>CRM</h1><form><label>Name <input id="name"></label></form></main>';

describe('<ramal-popup> in a page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  }, 400_000);
  afterAll(() => browser?.close());

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it('axe finds nothing wrong with any of the three pop-ups, R46, notes, names and notices included', async () => {
      const { page, problems, close } = await openPopupPage(browser, {
        colorScheme,
        // What comes up moves: a colour half way is no colour.
        reducedMotion: 'reduce',
        body: `${FORM}<ramal-popup notes open-button></ramal-popup>`,
      });
      for (const over of Object.values(KINDS))
        await show(page, buildPopup({ callId: over.popupId ?? '', ...over }));
      await show(
        page,
        buildPopup({
          popupId: 'f',
          callId: 'f',
          kind: 'start',
          state: 'ended',
          result: 'failed',
          reason: 'cti_unreachable',
          claimed: false,
        }),
      );
      await page.evaluate(() => {
        const popup = document.querySelector('ramal-popup') as HTMLElement & {
          say(text: string, kind: string): void;
        };
        popup.say('Something went wrong.', 'problem');
      });
      await page.getByText('Something went wrong.').waitFor();
      expect(await findAxeViolations(page)).toEqual([]);
      expect(problems).toEqual([]);
      await close();
    });
  });

  it('shows each kind in the words of the page’s language, and follows a change of it', async () => {
    const { page, close } = await openPopupPage(browser, { lang: 'es-MX', locale: 'pt-BR' });
    await show(page, buildPopup());
    await page.getByRole('article', { name: 'Llamada entrante' }).waitFor();
    for (const [lang, words] of [
      ['pt', 'Ligação recebida'],
      ['en', 'Incoming call'],
      ['de', 'Ligação recebida'],
    ] as const) {
      await page.evaluate((tag) => document.documentElement.setAttribute('lang', tag), lang);
      await page.getByRole('article', { name: words }).waitFor();
    }
    await close();
  });

  it('never takes the focus from a form, and tells of calls by a polite live region', async () => {
    const { page, close } = await openPopupPage(browser, {
      body: `${FORM}<ramal-popup notes></ramal-popup>`,
    });
    await page.getByLabel('Name').focus();
    await page.keyboard.type('Ana');
    const region = page.locator('ramal-popup .unseen');
    // It is there before it has something to say: a reader misses what a region is born with.
    expect(await region.getAttribute('aria-live')).toBe('polite');
    await show(page, buildPopup());
    await show(page, buildPopup(KINDS.end));
    await page.keyboard.type(' Souza');
    expect(await page.getByLabel('Name').inputValue()).toBe('Ana Souza');
    expect(await region.locator('p').allTextContents()).toEqual([
      'Incoming call, 4732100123',
      'Call ended, 4732100123, Answered',
    ]);
    await page.evaluate(() => (window as unknown as PopupWindow).client.hide('p1', 'ended'));
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('name');
    await close();
  });

  it('Escape dismisses the pop-up that has the focus and no other; the focus goes on, in the end back to where it was', async () => {
    const { page, close } = await openPopupPage(browser, { body: `${FORM}<ramal-popup></ramal-popup>` });
    await show(page, buildPopup(KINDS.start));
    await show(page, buildPopup(KINDS.incoming));
    await page.getByLabel('Name').focus();
    await page.keyboard.press('Escape');
    expect(await asked(page)).toMatchObject({ dismissed: [] });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    await page.locator('[data-popup-id=i]').waitFor({ state: 'detached' });
    expect(await asked(page)).toMatchObject({ dismissed: ['i'] });
    expect(await focusedIn(page)).toBe('s');
    await page.keyboard.press('Enter');
    await page.locator('[data-popup-id=s]').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('name');
    await close();
  });

  it('the clock runs while people talk, and is not read aloud', async () => {
    const { page, close } = await openPopupPage(browser);
    await show(page, buildPopup({ state: 'answered', answeredAt: Date.now() - 65_000 }));
    const clock = page.getByRole('timer');
    expect(await clock.getAttribute('aria-live')).toBe('off');
    await sleepUntil(async () => /^1:(0[6-9]|[1-5]\d)$/.test((await clock.textContent()) ?? ''), {
      timeoutMs: 30_000,
      describe: 'the clock to go on',
    });
    await close();
  });

  it.each([
    ['reduce', 'none'],
    ['no-preference', 'come'],
  ] as const)(
    'with prefers-reduced-motion %s a pop-up’s animation is %s',
    async (reducedMotion, animation) => {
      const { page, close } = await openPopupPage(browser, { reducedMotion });
      await show(page, buildPopup());
      const name = await page.getByRole('article').evaluate((card) => getComputedStyle(card).animationName);
      expect(name).toBe(animation);
      await close();
    },
  );

  it.each([
    ['<img src=x onerror="window.hit=1">', null],
    ['"><script>window.hit=1</script>{{7*7}}${7*7}', null],
    ['"><svg/onload=window.hit=1>', null],
    ['javascript:window.hit=1', null],
    ['&lt;b&gt;&#60;i&#62;', null],
    ['\u202e3210123-74\u202c', '\ufffd3210123-74\ufffd'],
    ['9'.repeat(10_000), `${'9'.repeat(120)}…`],
  ])('threat 10: %j is text wherever a telephone system says it', async (hostile, cut) => {
    const { page, problems, close } = await openPopupPage(browser, {
      body: `${FORM}<ramal-popup notes open-button></ramal-popup>`,
    });
    await page.evaluate((name) => {
      Object.assign(document.querySelector('ramal-popup') as object, { nameOf: () => name });
    }, hostile);
    const peer = { raw: hostile, e164: null, display: hostile };
    await show(page, buildPopup({ peer, ramal: hostile, popupId: 'x"y', callId: hostile }));
    const odd = { reason: hostile, result: hostile, state: hostile, recording: hostile } as object;
    await show(page, buildPopup({ ...KINDS.end, ...odd, peer: { raw: '', e164: null, display: '' } }));
    expect(await page.locator('.peer').allTextContents()).toEqual(['Number withheld', cut ?? hostile]);
    expect(await page.locator('.name').allTextContents()).toEqual([cut ?? hostile, cut ?? hostile]);
    expect(await page.locator('ramal-popup').locator('img, script, a, audio, b').count()).toBe(0);
    expect(await page.evaluate(() => 'hit' in window)).toBe(false);
    expect(problems).toEqual([]);
    await close();
  });

  it('opens the record of a call that comes in, once, and only on the page that is to answer it', async () => {
    const { page, close } = await openPopupPage(browser, {
      body: '<main><h1>CRM</h1></main><ramal-popup open-button></ramal-popup>',
    });
    const context = { deal: '8812' };
    await show(page, buildPopup({ context }));
    await show(page, buildPopup({ popupId: 'quiet', callId: 'c2', claimed: false }));
    await show(page, buildPopup({ popupId: 'old', callId: 'c3' }), true);
    await show(page, buildPopup({ ...KINDS.start, callId: 'c4' }));
    const pops = async () =>
      (await told(page, 'ramal-screen-pop')).map(({ by, number, popup }) => [
        by,
        number,
        (popup as ShownPopup).callId,
      ]);
    expect(await pops()).toEqual([['call', '+554732100123', 'c1']]);
    expect((await told(page, 'ramal-screen-pop'))[0]?.['context']).toEqual(context);
    // The page that had it has been closed.
    for (let time = 0; time < 2; time++) {
      await page.evaluate(
        (popup) => (window as unknown as PopupWindow).client.emit('popup.claim', { popup }),
        buildPopup({ popupId: 'quiet', callId: 'c2' }),
      );
    }
    await page.locator('[data-popup-id=old]').getByRole('button', { name: 'Open contact' }).click();
    expect(await pops()).toEqual([
      ['call', '+554732100123', 'c1'],
      ['call', '+554732100123', 'c2'],
      ['person', '+554732100123', 'c3'],
    ]);
    await close();
  });

  it('hands the notes to the host, and none that was written is lost with the pop-up', async () => {
    const { page, close } = await openPopupPage(browser, {
      body: '<main><h1>CRM</h1></main><ramal-popup notes></ramal-popup>',
    });
    await show(page, buildPopup());
    await page.getByLabel('Notes').fill('asks for a <b>quote</b>');
    // The call ends: what was written goes on in the next pop-up.
    await page.evaluate(() => (window as unknown as PopupWindow).client.hide('p1', 'ended'));
    await show(page, buildPopup(KINDS.end));
    expect(await page.getByLabel('Notes').inputValue()).toBe('asks for a <b>quote</b>');
    await page.getByRole('button', { name: 'Save notes' }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByLabel('Notes').fill('and calls again');
    await page.keyboard.press('Escape');
    await page.getByRole('article').waitFor({ state: 'detached' });
    expect((await told(page, 'ramal-note')).map(({ callId, text }) => [callId, text])).toEqual([
      ['c1', 'asks for a <b>quote</b>'],
      ['c1', 'and calls again'],
    ]);
    await close();
  });

  it('a recording is played where it may be fetched, and what cannot be played can be opened', async () => {
    const { page, close } = await openPopupPage(browser);
    await page.context().route('https://pbx.test/**', (route) => route.fulfill({ status: 404, body: '' }));
    await show(page, buildPopup(KINDS.end));
    const player = page.locator('audio');
    expect(await player.getAttribute('preload')).toBe('none');
    expect(await player.getAttribute('aria-label')).toBe('Recording of the call with 4732100123');
    await player.evaluate((audio: HTMLAudioElement) => audio.play().catch(() => undefined));
    const link = page.getByRole('link', { name: 'Open the recording' });
    await link.waitFor();
    expect(await link.getAttribute('rel')).toBe('noreferrer noopener');
    await page.evaluate(() =>
      (window as unknown as PopupWindow).client.emit('recording.failed', { callId: 'c1', reason: 'gone' }),
    );
    await page.getByText('The recording could not be fetched.').waitFor();
    await close();
  });

  it('a call is seen when its page is, and says how the connection is where that is worth a line', async () => {
    const { page, close } = await openPopupPage(browser);
    await show(page, buildPopup());
    expect(await asked(page)).toMatchObject({ seen: ['p1'] });
    const tell = (status: object) =>
      page.evaluate((one) => (window as unknown as PopupWindow).client.tellStatus(one), status);
    await tell({ state: 'failed', reason: 'tenant_disabled', role: 'alone' });
    await page.getByText('Signed out by the service · Your company is switched off.').waitFor();
    await close();
  });

  it('the host’s colours, theme and place hold, and the host’s style does not come in', async () => {
    const { page, close } = await openPopupPage(browser, {
      css: 'p, button, article { color: rgb(255, 0, 0) !important; font-size: 3px } ramal-popup { --ramal-surface: rgb(1, 2, 3); --ramal-ink: rgb(250, 250, 250) }',
      body: '<main><h1>CRM</h1></main><ramal-popup theme="dark" place="top-left"></ramal-popup>',
    });
    await show(page, buildPopup());
    const style = await page.getByRole('article').evaluate((card) => {
      const { color, backgroundColor, fontSize } = getComputedStyle(card);
      return { color, backgroundColor, fontSize };
    });
    expect(style).toEqual({ color: 'rgb(250, 250, 250)', backgroundColor: 'rgb(1, 2, 3)', fontSize: '16px' });
    const box = await page.locator('ramal-popup').boundingBox();
    expect([box?.x, box?.y]).toEqual([16, 16]);
    await close();
  });

  it('works in a frame, under a policy without unsafe-inline', async () => {
    const { page, problems, origin, close } = await openPopupPage(browser);
    await page.goto(`${origin}/framing`);
    const frame = page.frameLocator('iframe');
    await frame.locator('ramal-popup').waitFor({ state: 'attached' });
    const inner = page.frames().find((one) => one.parentFrame() !== null);
    await inner?.waitForFunction(() => 'ready' in window);
    await inner?.evaluate((popup) => (window as unknown as PopupWindow).client.show(popup), buildPopup());
    await frame.getByRole('article', { name: 'Incoming call' }).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  it('while the page is hidden the desktop tells of a call where that was allowed, and never asks by itself', async () => {
    for (const [permission, count] of [
      ['granted', 1],
      ['default', 0],
      ['denied', 0],
    ] as const) {
      const { page, close } = await openPopupPage(browser);
      await page.evaluate((allowed) => {
        const shown: string[] = [];
        class FakeNotification extends EventTarget {
          static permission = allowed;
          static requestPermission = () => {
            shown.push('asked');
            return Promise.resolve(allowed);
          };
          constructor(title: string, { body }: { body: string }) {
            super();
            shown.push(`${title}: ${body}`);
          }
          close() {}
        }
        Object.assign(window, { Notification: FakeNotification, shown });
        Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      }, permission);
      await show(page, buildPopup());
      await show(page, buildPopup({ popupId: 'quiet', callId: 'c2', claimed: false }));
      const shown = await page.evaluate(() => (window as unknown as { shown: string[] }).shown);
      expect([permission, shown.length]).toEqual([permission, count]);
      if (count === 1) expect(shown[0]).toBe('Incoming call: Incoming call, 4732100123');
      // Nobody has seen it either.
      expect(await asked(page)).toMatchObject({ seen: [] });
      await close();
    }
  });

  describe('click-to-dial', () => {
    const BODY = `${FORM}<a id="tel" href="tel:+55%2047%203210-0123;ext=5">call</a> <button id="b" data-ramal-dial="4732100456">Call</button>
      <p>Or <span id="s" data-ramal-dial>(47) 3210-0789</span></p><ramal-popup click-to-dial></ramal-popup>`;

    it('tel: links and marked elements dial, by mouse and by keyboard, a double click once', async () => {
      const { page, problems, close } = await openPopupPage(browser, { body: BODY });
      await page.locator('#tel').click();
      await page.locator('#b').dblclick();
      await page.locator('#s').focus();
      await page.keyboard.press('Enter');
      expect((await asked(page)).dials).toEqual(['+55 47 3210-0123', '4732100456', '(47) 3210-0789']);
      expect(await page.locator('#s').getAttribute('role')).toBe('button');
      expect(problems).toEqual([]);
      await close();
    });

    it('elements that come later dial too, and are reached by the keyboard', async () => {
      const { page, close } = await openPopupPage(browser, { body: BODY });
      await page.evaluate(() => {
        const added = document.createElement('div');
        const number = document.createElement('span');
        number.id = 'later';
        number.dataset['ramalDial'] = '4732100999';
        number.textContent = 'call';
        added.append(number);
        document.querySelector('main')?.append(added);
      });
      await page.locator('#later[role=button]').focus();
      await page.keyboard.press(' ');
      expect((await asked(page)).dials).toEqual(['4732100999']);
      await close();
    });

    it('R1 where calls are switched off the marked elements are hidden, and come back', async () => {
      const { page, close } = await openPopupPage(browser, { body: BODY });
      const cti = (enabled: boolean, state: string) =>
        page.evaluate((one) => (window as unknown as PopupWindow).client.tellCti(one), { enabled, state });
      await cti(false, 'disabled');
      expect(await page.locator('#b').isVisible()).toBe(false);
      // Only away for a moment: they wait.
      await cti(false, 'unavailable');
      expect(await page.locator('#b').isVisible()).toBe(true);
      await page.locator('#b').click();
      expect((await asked(page)).dials).toEqual([]);
      await cti(true, 'ok');
      await page.locator('#b').click();
      expect((await asked(page)).dials).toEqual(['4732100456']);
      await close();
    });

    it('without the attribute nothing dials', async () => {
      const { page, close } = await openPopupPage(browser, { body: BODY.replace(' click-to-dial', '') });
      await page.locator('#b').click();
      expect((await asked(page)).dials).toEqual([]);
      expect(await page.locator('#s').getAttribute('role')).toBeNull();
      await close();
    });

    it('a dial that is refused says why', async () => {
      const { page, close } = await openPopupPage(browser, { body: BODY });
      await page.evaluate(() => {
        (window as unknown as PopupWindow).client.refusal = 'ramal_missing';
      });
      await page.locator('#b').click();
      await page.getByText('You have no extension to call from.').waitFor();
      await close();
    });
  });
});

function asked(page: Page) {
  return page.evaluate(() => (window as unknown as PopupWindow).client.asked);
}

async function told(page: Page, type: string): Promise<Record<string, unknown>[]> {
  const all = await page.evaluate(
    () => JSON.parse(JSON.stringify((window as unknown as PopupWindow).told)) as PopupWindow['told'],
  );
  return all.filter((one) => one.type === type).map(({ detail }) => detail);
}

/** The pop-up that has the focus. */
function focusedIn(page: Page): Promise<string | null | undefined> {
  return page.evaluate(() =>
    document
      .querySelector('ramal-popup')
      ?.shadowRoot?.activeElement?.closest('article')
      ?.getAttribute('data-popup-id'),
  );
}
