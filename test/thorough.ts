import { env } from 'node:process';

/**
 * Whether tests take their time, as `.ci/run` asks with `TESTS=thorough`: more seeds, longer histories, larger
 * clusters, and the whole minute of the demo. The assertions are the same.
 */
export const IS_THOROUGH = env.TESTS === 'thorough';
