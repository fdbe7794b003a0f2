import { describe } from 'vitest';
import { missingAssets } from './assets.ts';
import { lacksForImages, lacksForPages, lacksForPods, lacksForResolvers } from './lacks.ts';

/** `describe` for tests on a real cluster: skipped if its servers are missing. */
export const describeE2e = describe.skipIf(missingAssets().length > 0);

/** The same as {@link describeE2e}, for a cluster with DNS pods that have their own addresses. */
export const describePods = describe.skipIf(
  missingAssets().length > 0 || lacksForPods().length > 0,
);

/** The same as {@link describeE2e}, for the image, which is built and run here. */
export const describeImages = describe.skipIf(
  missingAssets().length > 0 || lacksForImages().length > 0,
);

/** The same as {@link describeE2e}, for pages in a browser; it needs no cluster. */
export const describePages = describe.skipIf(lacksForPages().length > 0);

/** The same as {@link describeE2e}, for the resolvers of pods; it needs no cluster. */
export const describeResolvers = describe.skipIf(lacksForResolvers().length > 0);
