/** Debian's Chromium in headless mode. */
import { type Browser, chromium } from 'playwright-core';
import { asset } from './cluster/assets.ts';

/** @throws Error if Chromium is not installed */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: asset('chromium'),
    // root, as in a container, cannot use the sandbox; the browser opens only our own pages.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--force-color-profile=srgb',
    ],
  });
}
