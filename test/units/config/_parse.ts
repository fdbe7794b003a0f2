import type { Options } from '../../../src/config/options.ts';
import { parseOptions } from '../../../src/config/parse.ts';

/** The options of a command line and an environment. */
export async function parse(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Options> {
  const invocation = await parseOptions(args, env);
  if (invocation.print !== undefined) throw new Error(`Cannot test: got ${invocation.print}`);
  return invocation.options;
}
