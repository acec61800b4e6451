import { readFile } from 'node:fs/promises';
import type { ShownPopup } from '@ramal/client';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { watchProblems } from './open-browser.ts';
import { borrowPage } from './borrowed-page.ts';

const ORIGIN = 'https://crm.test';
const SCRIPT = new URL('../../services/api/dist/public/ramal-popup.js', import.meta.url);

/** As strict as a policy can be that still lets the module and recordings in. */
const STRICT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'media-src https:',
  'img-src data:',
  "base-uri 'none'",
  "frame-src 'self'",
].join('; ');

/** The client of a page of tests: no gateway, and a record of what it was asked for. */
const FAKE_CLIENT = `
export function makeClient({ offline = false } = {}) {
  const listeners = new Map();
  const subscribers = new Set();
  let list = [];
  const asked = { seen: [], dismissed: [], dials: [] };
  const changed = () => { for (const told of subscribers) told(list); };
  const client = {
    status: offline ? { state: 'disconnected', reason: 'lost', role: 'alone' } : { state: 'connected', reason: null, role: 'alone' },
    agent: { tenant: 'demo', user: 'ana', ramal: '3501' },
    cti: { enabled: true, state: 'ok' },
    popups: {
      get list() { return list; },
      get: (id) => list.find((one) => one.popupId === id),
      subscribe: (told) => { subscribers.add(told); return () => subscribers.delete(told); },
      seen: async (id) => { asked.seen.push(id); },
      dismiss: async (id) => { asked.dismissed.push(id); client.hide(id, 'dismissed'); },
    },
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => set.delete(listener);
    },
    serverNow: () => Date.now(),
    dial: async (number, options) => {
      asked.dials.push(number);
      if (client.refusal) throw Object.assign(new Error('no'), { code: client.refusal });
      return { intentId: options?.intentId ?? 'i1', callId: 'c1' };
    },
    asked,
    emit: (name, event) => { for (const listener of listeners.get(name) ?? []) listener(event); },
    show: (popup, standing = false) => { list = [...list, popup]; changed(); client.emit('popup.show', { popup, standing }); },
    update: (popup) => { list = list.map((one) => (one.popupId === popup.popupId ? popup : one)); changed(); client.emit('popup.update', { popup }); },
    hide: (id, because) => {
      const popup = list.find((one) => one.popupId === id);
      list = list.filter((one) => one.popupId !== id);
      changed();
      client.emit('popup.hide', { popup, because });
    },
    tellStatus: (status) => { client.status = status; client.emit('status', status); },
    tellCti: (cti) => { client.cti = cti; client.emit('cti', cti); },
  };
  return client;
}`;

const SETUP = `
import './ramal-popup.js';
import { makeClient } from './fake-client.js';
window.client = makeClient();
window.told = [];
for (const name of ['ramal-screen-pop', 'ramal-note', 'ramal-dial']) {
  document.addEventListener(name, ({ type, detail }) => window.told.push({ type, detail }));
}
document.querySelector('ramal-popup').client = window.client;
window.ready = true;`;

interface FakeClient {
  show(popup: ShownPopup, standing?: boolean): void;
  update(popup: ShownPopup): void;
  hide(popupId: string, because: string): void;
  emit(name: string, event: unknown): void;
  tellStatus(status: object): void;
  tellCti(cti: object): void;
  refusal?: string;
  asked: { seen: string[]; dismissed: string[]; dials: string[] };
}

export interface PopupWindow {
  client: FakeClient;
  told: { type: string; detail: Record<string, unknown> }[];
}

export interface PopupPageOptions extends BrowserContextOptions {
  /** Markup of the host's page, with a `<ramal-popup>` in it. */
  body?: string;
  /** `lang` of the page. */
  lang?: string;
  css?: string;
  /** Longer than a line: no header may hold line ends. */
  policy?: string;
}

/** A host's page with the element and a client in memory, under a strict Content-Security-Policy. Nothing leaves the browser. */
export async function openPopupPage(browser: Browser, options: PopupPageOptions = {}) {
  const {
    body = '<main><h1>CRM</h1></main><ramal-popup></ramal-popup>',
    lang = 'en',
    css = '',
    policy = STRICT_POLICY,
    ...context
  } = options;
  const { page, giveBack } = await borrowPage(browser, { locale: 'en-US', ...context });
  const opened = page.context();
  const problems = watchProblems(page);
  const script = await readFile(SCRIPT);
  await opened.route(`${ORIGIN}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    const javascript = (text: string | Buffer) =>
      route.fulfill({ contentType: 'text/javascript', body: text });
    if (pathname === '/ramal-popup.js') return javascript(script);
    if (pathname === '/fake-client.js') return javascript(FAKE_CLIENT);
    if (pathname === '/setup.js') return javascript(SETUP);
    if (pathname === '/host.css') return route.fulfill({ contentType: 'text/css', body: css });
    if (pathname === '/framing') {
      return answerPage(`<iframe title="CRM" src="/" width="800" height="500"></iframe>`, lang);
    }
    if (pathname === '/') {
      const head = '<link rel="stylesheet" href="/host.css"><script type="module" src="/setup.js"></script>';
      return answerPage(body, lang, head);
    }
    return route.fulfill({ status: 404, body: '' });

    function answerPage(content: string, language: string, head = '') {
      return route.fulfill({
        contentType: 'text/html; charset=utf-8',
        headers: { 'content-security-policy': policy },
        body: `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>CRM</title><link rel="icon" href="data:,">${head}</head><body>${content}</body></html>`,
      });
    }
  });
  await page.goto(ORIGIN);
  await page.waitForFunction(() => 'ready' in window);
  return { page, problems, origin: ORIGIN, close: giveBack };
}

/** A pop-up as the client shows it. */
export function buildPopup(over: Partial<ShownPopup> = {}): ShownPopup {
  const startedAt = Date.now();
  return {
    popupId: 'p1',
    kind: 'incoming',
    callId: 'c1',
    direction: 'inbound',
    state: 'ringing',
    peer: { raw: '4732100123', e164: '+554732100123', display: '4732100123' },
    ramal: '3501',
    startedAt,
    expiresAt: startedAt + 600_000,
    claimed: true,
    ...over,
  };
}

/** Shows it on the page. */
export async function show(page: Page, popup: ShownPopup, standing = false): Promise<void> {
  await page.evaluate(([one, stood]) => (window as unknown as PopupWindow).client.show(one, stood), [
    popup,
    standing,
  ] as const);
  await page.locator(`[data-popup-id=${JSON.stringify(popup.popupId)}]`).waitFor();
}

/** What axe finds wrong on a page: the rule and where, one line each. */
export async function findAxeViolations(page: Page): Promise<string[]> {
  // Not by a script element, which the page's policy would forbid.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (
      window as unknown as {
        axe: {
          run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
        };
      }
    ).axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  });
}
