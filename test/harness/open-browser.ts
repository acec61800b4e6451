import { findBrowser } from '@ramal/testkit';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A headless Chromium, installed if need be. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = await findBrowser(console.log);
  return chromium.launch({ executablePath, args: CHROMIUM_ARGS });
}

/** A list that fills with what goes wrong on a page: exceptions, and errors on its console. */
export function watchProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return problems;
}
