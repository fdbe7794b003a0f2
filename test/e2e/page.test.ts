import type { AddressInfo } from 'node:net';
import { AxeBuilder } from '@axe-core/playwright';
import type { FastifyInstance } from 'fastify';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { serverOf } from '../fixtures/http-server.ts';
import { FAILING, HEALTHY, reportOf } from '../fixtures/rounds.ts';
import { specOf } from '../fixtures/spec.ts';
import { holdWithViews } from '../fixtures/views.ts';
import { startBrowser } from '../lab/browser.ts';
import { describePages } from '../lab/cluster/e2e.ts';
import { until } from '../lab/cluster/until.ts';
import { Program } from '../lab/program.ts';

let browser: Browser;
const opened: Page[] = [];
/** Errors that the browser reported: a failed script, or a request that the policy refused. */
const complaints: string[] = [];

/** A separate page, which closes with the test. */
async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  opened.push(page);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  return page;
}

const isLive = (page: Page) => page.getByText('live', { exact: true }).waitFor();

async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

async function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth');
}

describePages('pages in a browser', () => {
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(() => {
    complaints.length = 0;
  });
  afterEach(async () => {
    for (const page of opened.splice(0)) await page.context().close();
  });

  describePages('of the demo', () => {
    let demo: Program;

    beforeAll(async () => {
      demo = await Program.start(['demo', '--listen=127.0.0.1:0']);
      await until(
        'a verdict on a Service that dangles',
        async () => (await demo.get('/services/orders/legacy-db')).text.includes('target_nxdomain'),
        { deadlineMs: 40_000, everyMs: 200 },
      );
    });
    afterAll(() => demo?.stop());

    it('lead from what fails to where it is broken', async () => {
      const page = await open(demo.url);
      await isLive(page);
      expect(await page.locator('main > .headline').textContent()).toMatch(/\w/);
      await page.getByRole('searchbox', { name: 'Text' }).fill('legacy-db');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.waitForURL((url) => url.search === '?text=legacy-db');
      const rows = page.locator('tbody').getByRole('row');
      expect(await rows.count()).toBe(1);
      // For 6 s per minute the demo's control query fails, and verdicts are unknown.
      await rows.getByText('Target does not exist').waitFor();
      await rows.getByRole('link', { name: 'legacy-db' }).click();
      await page.waitForURL('**/services/orders/legacy-db');
      const broken = page.locator('.path [aria-current=step]');
      await broken.getByText('broken here').waitFor();
      expect(await broken.textContent()).toContain('Addresses');
      expect(await page.locator('.round').first().textContent()).toContain('nxdomain');
      const command = page.locator('.command').getByText('dig @127.0.0.1').first();
      expect(await command.textContent()).toContain('-q legacy-db.');
      expect(complaints).toEqual([]);
    });

    it('show what changes without being asked, and keep what is in focus', async () => {
      const page = await open(`${demo.url}/?sort=name`);
      await isLive(page);
      const link = page.getByRole('link', { name: 'finance/mainframe' });
      // preview-417 exists for 8 s of each 12, and comes before the focused row.
      const other = page.getByRole('link', { name: 'ci/preview-417' });
      await other.waitFor({ timeout: 20_000 });
      await link.focus();
      await other.waitFor({ state: 'detached', timeout: 20_000 });
      const inFocus = () => page.evaluate('document.activeElement.textContent');
      expect(await inFocus()).toBe('finance/mainframe');
      await other.waitFor({ timeout: 20_000 });
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('paused').waitFor();
      await page.getByRole('button', { name: 'Resume' }).click();
      await isLive(page);
    }, 90_000);

    it('show a Service that goes and comes again', async () => {
      const page = await open(`${demo.url}/services/ci/preview-417`);
      await isLive(page);
      await page.getByRole('heading', { name: 'Not Found' }).waitFor({ timeout: 20_000 });
      await page.getByRole('heading', { name: 'ci/preview-417' }).waitFor({ timeout: 20_000 });
    }, 60_000);

    it.each(['light', 'dark'] as const)(
      'have no violation that axe-core knows of: %s',
      async (colorScheme) => {
        for (const path of [
          '/',
          '/?verdict=healthy&sort=drift',
          '/?text=none-such',
          '/services/orders/legacy-db',
          '/services/billing/ledger-db',
          '/services/a/b',
        ]) {
          // Without the parts that change in the meantime; the state of the script is checked
          // below.
          const page = await open(demo.url + path, { colorScheme });
          expect([path, await violations(page)]).toEqual([path, []]);
        }
      },
      120_000,
    );

    it.each([
      '/',
      '/services/orders/legacy-db',
      '/services/network/telemetry',
      '/services/finance/reports',
    ])(
      'fit into 360 pixels: %s',
      async (path) => {
        const page = await open(demo.url + path, { viewport: { width: 360, height: 740 } });
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        expect(await violations(page)).toEqual([]);
      },
      60_000,
    );

    it('do without JavaScript', async () => {
      const page = await open(demo.url, { javaScriptEnabled: false });
      expect(await page.getByRole('button', { name: 'Pause' }).isVisible()).toBe(false);
      await page.getByLabel('Verdict').selectOption('invalid_target');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.waitForURL((url) => url.search === '?verdict=invalid_target');
      await page.getByRole('link', { name: 'finance/mainframe' }).click();
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('finance/mainframe');
      await page.getByRole('link', { name: 'finance', exact: true }).click();
      await page.waitForURL((url) => url.search === '?namespace=finance');
    });
  });

  describePages('of ten thousand Services', () => {
    let server: FastifyInstance;
    let url: string;

    beforeAll(async () => {
      const { store, views } = holdWithViews();
      const now = Date.now();
      store.informerChanged({ synced: true, connected: true, lastContactAt: now, lastListAt: now });
      for (let i = 0; i < 10_000; i++) {
        const spec = specOf(`s${String(i).padStart(4, '0')}`, {
          namespace: `team-${i % 40}`,
          key: `team-${i % 40}/s${String(i).padStart(4, '0')}`,
        });
        store.seen(spec, false, now);
        for (const at of [now, now + 1])
          store.round(reportOf(spec, i % 40 === 7 ? FAILING : HEALTHY, at), at);
      }
      server = serverOf({ views });
      await server.listen({ host: '127.0.0.1', port: 0 });
      url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
    });
    afterAll(() => server?.close());

    it('are filtered and paged by the server', async () => {
      const page = await open(url);
      const caption = page.locator('caption');
      expect(await caption.textContent()).toBe('10,000 Services 1 to 100');
      await page.getByRole('link', { name: 'Last', exact: true }).click();
      await page.waitForURL((one) => one.search === '?page=100');
      expect(await caption.textContent()).toBe('10,000 Services 9,901 to 10,000');
      await page.getByLabel('Namespace').selectOption('team-7');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.waitForURL((one) => one.search === '?namespace=team-7');
      expect(await caption.textContent()).toBe('250 Services 1 to 100');
      await page.getByRole('link', { name: 'Next' }).click();
      await page.getByRole('link', { name: 'Next' }).click();
      await page.waitForURL((one) => one.searchParams.get('page') === '3');
      expect(await page.locator('tbody').getByRole('row').count()).toBe(50);
      await page.getByRole('link', { name: 'Service', exact: true }).click();
      await page
        .getByRole('columnheader', { name: 'Service' })
        .and(page.locator('[aria-sort=ascending]'))
        .waitFor();
      await page
        .getByRole('link', { name: 'Service ▲' })
        .or(page.getByRole('link', { name: 'Service', exact: true }))
        .click();
      await page.locator('[aria-sort=descending]').waitFor();
      expect(await page.locator('tbody th').first().textContent()).toBe('team-7/s9967');
      expect(await page.locator('tbody tr').first().textContent()).toContain(
        'Target cannot be resolved',
      );
      expect(complaints).toEqual([]);
    });

    it('have a small page each, whatever their number', async () => {
      const reply = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
      const { length } = await reply.text();
      expect(length).toBeGreaterThan(50_000);
      expect(length).toBeLessThan(150_000);
    });
  });

  it('run nothing of what others wrote, and show what it hides', async () => {
    const { store, views } = holdWithViews();
    const evil = '"><img src=x onerror="document.title=1"><script>document.title=1</script>\u202e';
    const spec = specOf('db', { externalName: evil, target: evil });
    const { alias } = HEALTHY;
    const chain = [{ name: `v=spf1 ${evil}`, ttl: 5 }];
    store.seen(spec, false, 0);
    store.round(reportOf(spec, { ...HEALTHY, ...(alias && { alias: { ...alias, chain } }) }, 1), 1);
    const server = serverOf({ views });
    try {
      const url = await server.listen({ host: '127.0.0.1', port: 0 });
      for (const path of ['/', '/services/shop/db']) {
        const page = await open(url + path);
        await isLive(page);
        expect(await page.locator('main').textContent()).toContain(
          evil.replace('\u202e', '⟨U+202E⟩'),
        );
        expect(await page.locator('main :is(img, script)').count()).toBe(0);
        expect(await page.title()).not.toBe('1');
      }
      expect(complaints).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
