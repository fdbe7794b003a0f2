import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Policy } from '../model/policy.ts';
import { type ConfigFile, parseConfigFile, readText } from './file.ts';
import { flagOf, OPTION_NAMES, optionOf, parsed, type Settings } from './options.ts';

export interface PolicyWatch {
  /** What was read at the start. */
  readonly config: ConfigFile;
  readonly everyMs: number;
  /** The file has changed and is good; its policy may be the same as before. */
  readonly onPolicy: (policy: Policy) => void;
  /** The file cannot be read or used, and the old policy is to be kept; told once until the file changes again. */
  readonly onError: (error: Error) => void;
  /** These options of the file are not what they were at the start: only a restart heeds them. Told once for each such set. */
  readonly onRestartNeeded: (keys: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Looks every so often whether the file of `--config` has other content: the files of a ConfigMap are links
 * that are swapped, which no event of the file itself tells. Ends, without a timer left, when it is aborted,
 * and at once where the file cannot be read twice, such as a pipe. Rejects only with what a callback throws.
 */
export async function watchPolicy(watch: PolicyWatch): Promise<void> {
  const { config, everyMs, signal } = watch;
  const { file } = config;
  if (await isSpecial(file)) return;
  let seen = config.text;
  let told = '';
  while (await hasPassed(everyMs, signal)) {
    const content = await readText(file).catch((error: Error) => error);
    // A file that is back after it could not be read is news, too, whatever is in it.
    if (String(content) === seen) continue;
    seen = String(content);
    const now = content instanceof Error ? content : await checked(file, content);
    if (signal.aborted) return;
    if (now instanceof Error) {
      watch.onError(now);
      continue;
    }
    watch.onPolicy(now.policy);
    const keys = changedKeys(config.settings, now.settings);
    if (keys.length > 0 && keys.join() !== told) watch.onRestartNeeded(keys);
    told = keys.join();
  }
}

/** Refused whole where any option has a bad value, although none but the policy is heeded: the next start would fail. */
async function checked(file: string, text: string): Promise<ConfigFile | Error> {
  try {
    const config = await parseConfigFile(file, text);
    for (const [name, setting] of config.settings) parsed(setting, optionOf(name).parse);
    return config;
  } catch (error) {
    return error as Error;
  }
}

function changedKeys(before: Settings, now: Settings): string[] {
  return OPTION_NAMES.filter((name) => before.get(name)?.text !== now.get(name)?.text).map(flagOf);
}

async function isSpecial(file: string): Promise<boolean> {
  try {
    return !(await stat(file)).isFile();
  } catch {
    return false; // gone for now
  }
}

/** Whether the time has passed, and not the signal ended it. */
export async function hasPassed(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
