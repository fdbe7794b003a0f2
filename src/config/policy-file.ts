import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Policy } from '../model/policy.ts';
import { type ConfigFile, parseConfigFile, readText } from './file.ts';
import { flagOf, OPTION_NAMES, optionOf, parsed, type Settings } from './options.ts';

export interface PolicyWatch {
  /** The content at the start. */
  readonly config: ConfigFile;
  readonly everyMs: number;
  /** Called when the file has changed and is valid; its policy may be the same as before. */
  readonly onPolicy: (policy: Policy) => void;
  /**
   * Called when the file cannot be read or used, and the old policy stays in use. Called once until
   * the file changes again.
   */
  readonly onError: (error: Error) => void;
  /**
   * Called when these options of the file differ from the start, because a restart is required.
   * Called once for each such set.
   */
  readonly onRestartNeeded: (keys: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Polls the content of the file of `--config`. The files of a ConfigMap are symbolic links that are
 * swapped, so the file itself gets no change event. Returns, without a timer left, when the signal
 * aborts, and at once if the file cannot be read twice, such as a pipe. Rejects only with an error
 * that a callback throws.
 */
export async function watchPolicy(watch: PolicyWatch): Promise<void> {
  const { config, everyMs, signal } = watch;
  const { file } = config;
  if (await isSpecial(file)) return;
  let seen = config.text;
  let told = '';
  while (await hasPassed(everyMs, signal)) {
    const content = await readText(file).catch((error: Error) => error);
    // A file that is readable again is reported, even with unchanged content.
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

/**
 * An invalid value of any option rejects the whole file, although only the policy is applied:
 * otherwise the next start would fail.
 */
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
    return false;
  }
}

/** Whether the time has passed; false if the signal aborted the wait. */
export async function hasPassed(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
