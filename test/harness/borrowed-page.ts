import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** Pages that nobody has now, by what they were opened with. */
const free = new WeakMap<Browser, Map<string, Page[]>>();

/**
 * A page in a context of these options: one that an earlier test gave back, else a new one. A window of its own for each test
 * costs a browser more than what most tests do in it. What is given back has nothing of the test left: no routes, no listeners
 * of its own, nothing stored. One that is not given back, for its test failed, is nobody's any more.
 */
export async function borrowPage(browser: Browser, options: BrowserContextOptions) {
  const key = JSON.stringify(options);
  const pages = free.get(browser) ?? new Map<string, Page[]>();
  free.set(browser, pages);
  const page = pages.get(key)?.pop() ?? (await (await browser.newContext(options)).newPage());
  page.setDefaultTimeout(30_000);
  return {
    page,
    giveBack: async () => {
      await page.evaluate(() => {
        localStorage.clear();
        sessionStorage.clear();
      });
      await page.goto('about:blank');
      page.removeAllListeners('pageerror');
      page.removeAllListeners('console');
      await Promise.all([page.unrouteAll(), page.context().unrouteAll(), page.context().clearCookies()]);
      pages.set(key, [...(pages.get(key) ?? []), page]);
    },
  };
}
