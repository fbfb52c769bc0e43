// A browser for tests of what people see: the system's Chromium, one for a test file; skipped loudly where there is none.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after } from 'node:test';
import type axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { patienceMs } from './until.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What WCAG 2.2 AA asks for, and what is good besides. */
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export type TestBrowser = {
  /** For a test's `skip` option: why it cannot run here, or false. */
  skip: string | false;
  /** A page of its own; all that it has is closed with the file. */
  open: (options?: Parameters<Browser['newContext']>[0]) => Promise<Page>;
};

/** Call at the top of a test file. */
export async function useBrowser(): Promise<TestBrowser> {
  // As root, which CI is, Chromium has no sandbox; it opens nothing but our own pages.
  const browser = executablePath && (await chromium.launch({ executablePath, args: ['--no-sandbox'] }));
  after(async () => browser && (await browser.close()));
  return {
    skip: browser ? false : 'CHROMIUM IS NOT INSTALLED, so no page is looked at: apt-get install chromium',
    open: async options => {
      if (!browser) throw new Error('There is no browser');
      const page = await (await browser.newContext(options)).newPage();
      page.setDefaultTimeout(patienceMs);
      return page;
    },
  };
}

/** What axe finds wrong with a page, or cannot tell: a line for each element, none for a page that is right. */
export async function faultsOf(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the page's policy does not bind.
  await page.evaluate(axeSource);
  const { violations, incomplete } = await page.evaluate(
    values =>
      (globalThis as unknown as { axe: typeof axe }).axe.run({
        runOnly: { type: 'tag', values },
        resultTypes: ['violations', 'incomplete'],
      }),
    tags,
  );
  return [...violations, ...incomplete].flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary, any }) => `${id}: ${html} ${failureSummary ?? any[0]?.message}`),
  );
}
