import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap, ROOT } from './bootstrap.mjs';

/*
 * npm run screenshots: the three pop-ups in three languages, light and dark, in reports/screenshots; and
 * docs/images/popups.png, all three in both, for the README. Nothing leaves the browser: the calls are made up here.
 */

const ORIGIN = 'https://crm.test';
const PLAYER = Buffer.from(
  '524946462400000057415645666d74201000000001000100401f0000803e0000020010006461746100000000',
  'hex',
);
const LANGUAGES = {
  'pt-BR': { name: 'Padaria São João', page: 'CRM' },
  en: { name: 'Padaria São João', page: 'CRM' },
  es: { name: 'Padaria São João', page: 'CRM' },
};

/** The calls of the pictures, as the client would tell of them. */
function toPopups(now) {
  const base = {
    callId: 'c',
    peer: { raw: '4732100123', e164: '+554732100123', display: '(47) 3210-0123' },
    ramal: '3501',
    startedAt: now,
    expiresAt: now + 3_600_000,
    claimed: true,
  };
  return {
    start: { ...base, popupId: 'start', callId: 'a', kind: 'start', direction: 'outbound', state: 'ringing' },
    incoming: {
      ...base,
      popupId: 'incoming',
      callId: 'b',
      kind: 'incoming',
      direction: 'inbound',
      state: 'answered',
      answeredAt: now - 74_000,
    },
    end: {
      ...base,
      popupId: 'end',
      kind: 'end',
      direction: 'inbound',
      state: 'ended',
      result: 'completed',
      durationSec: 192,
      recording: `${ORIGIN}/recording.wav`,
    },
  };
}

const SETUP = `
import './ramal-popup.js';
window.show = (theme, place, popups, name) => {
  const popup = document.createElement('ramal-popup');
  Object.assign(popup, { theme, place, notes: popups.some(({ kind }) => kind === 'end'), openButton: popups.some(({ kind }) => kind === 'incoming'), nameOf: () => name });
  popup.client = {
    status: { state: 'connected', reason: null }, cti: { enabled: true, state: 'ok' },
    popups: { list: popups, subscribe: () => () => {}, seen: async () => {} },
    on: () => () => {}, serverNow: () => Date.now(),
  };
  const frame = document.createElement('div');
  frame.className = theme;
  frame.append(popup);
  document.body.append(frame);
};
window.ready = true;`;

const STYLE = `
body { margin: 0; display: flex; }
div { padding: 20px; width: 336px; box-sizing: content-box; }
.light { background: #e9eeeb }
.dark { background: #0c110f }
body.all { width: 1152px; flex-wrap: wrap }
body.all div { width: 344px }
`;

await bootstrap();
const { chromium } = createRequire(join(ROOT, 'test', 'package.json'))('playwright-core');
const { findBrowser } = await import('../packages/testkit/dist/index.js');
const browser = await chromium.launch({
  executablePath: await findBrowser(console.log),
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const out = join(ROOT, 'reports', 'screenshots');
  for (const folder of [out, join(ROOT, 'docs', 'images')]) mkdirSync(folder, { recursive: true });
  for (const [lang, { name }] of Object.entries(LANGUAGES)) {
    for (const theme of ['light', 'dark']) {
      for (const [kind, popup] of Object.entries(toPopups(Date.now()))) {
        const page = await openPage(lang);
        await page.evaluate((given) => window.show(...given), [theme, 'inline', [popup], name]);
        await page.locator('ramal-popup article').waitFor();
        await page.locator('body > div').screenshot({ path: join(out, `${kind}.${lang}.${theme}.png`) });
        await page.context().close();
      }
    }
  }
  const page = await openPage('en', 'all');
  for (const theme of ['light', 'dark']) {
    for (const popup of Object.values(toPopups(Date.now()))) {
      await page.evaluate((given) => window.show(...given), [theme, 'inline', [popup], LANGUAGES.en.name]);
    }
  }
  await page.locator('ramal-popup article').nth(5).waitFor();
  await page.locator('body').screenshot({ path: join(ROOT, 'docs', 'images', 'popups.png') });
  process.stdout.write(`reports/screenshots and docs/images/popups.png are written\n`);
} finally {
  await browser.close();
}

async function openPage(lang, bodyClass = '') {
  const context = await browser.newContext({
    viewport: { width: 1152, height: 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const script = readFileSync(join(ROOT, 'services', 'api', 'dist', 'public', 'ramal-popup.js'), 'utf8');
  const files = {
    '/': [
      'text/html',
      `<!doctype html><html lang="${lang}"><meta charset="utf-8"><title>CRM</title><link rel="icon" href="data:,"><style>${STYLE}</style><body class="${bodyClass}"><script type="module" src="/setup.js"></script></body></html>`,
    ],
    '/setup.js': ['text/javascript', SETUP],
    '/ramal-popup.js': ['text/javascript', script],
    '/recording.wav': ['audio/wav', PLAYER],
  };
  await context.route(`${ORIGIN}/**`, (route) => {
    const [contentType, body] = files[new URL(route.request().url()).pathname] ?? ['text/plain', ''];
    return route.fulfill({ contentType: `${contentType}; charset=utf-8`, body });
  });
  await page.goto(ORIGIN);
  await page.waitForFunction(() => 'ready' in window);
  return page;
}
