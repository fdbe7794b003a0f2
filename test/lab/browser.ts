/** Debian's Chromium, without a screen. */
import { type Browser, chromium } from 'playwright-core';
import { asset } from './cluster/assets.ts';

/** @throws when there is none */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: asset('chromium'),
    // Root, as in a container, has no sandbox; the only pages are our own.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--force-color-profile=srgb',
    ],
  });
}
