/** `npm run screenshots`: pictures of the pages for README.md, of the demo as it is half a minute after its start. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startBrowser } from '../test/lab/browser.ts';
import { Program } from '../test/lab/program.ts';

const FOLDER = join(import.meta.dirname, 'images');
const PAGES = [
  { name: 'status', path: '/', height: 860 },
  { name: 'service', path: '/services/orders/legacy-db', height: 1040 },
] as const;
const SCHEMES = ['light', 'dark'] as const;

/** No event of the demo is on then, and each Service has been through something. */
const AT_MS = 41_000;

mkdirSync(FOLDER, { recursive: true });
const demo = await Program.start(['demo', '--listen=127.0.0.1:0']);
const started = performance.now();
const browser = await startBrowser();
try {
  await new Promise((resolve) => setTimeout(resolve, AT_MS - (performance.now() - started)));
  for (const colorScheme of SCHEMES) {
    for (const { name, path, height } of PAGES) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height } });
      await page.goto(demo.url + path);
      await takePicture(page, join(FOLDER, `${name}-${colorScheme}.png`));
      await page.close();
    }
  }
} finally {
  await browser.close();
  await demo.stop();
}

/** Once the page is live, so that it looks as it does to people. */
async function takePicture(page: Page, path: string): Promise<void> {
  await page.getByText('live', { exact: true }).waitFor();
  await page.screenshot({ path });
  console.log(`${path.slice(FOLDER.length + 1)}  ${(statSync(path).size / 1000).toFixed(0)} kB`);
}
