import { describe } from 'vitest';
import { missingAssets } from './assets.ts';

/** `describe` for tests on a real cluster: left out where its servers are missing. */
export const describeE2e = describe.skipIf(missingAssets().length > 0);
