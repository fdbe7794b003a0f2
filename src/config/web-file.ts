import { dirname, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { WebConfig, WebTls } from '../model/web.ts';
import { whyNoAuthorities } from './authorities.ts';
import { readText } from './file.ts';
import { hasPassed } from './policy-file.ts';
import { quoted, UsageError } from './values.ts';
import type { Pem, TlsSettings } from './web-yaml.ts';

/**
 * Retry delay in milliseconds. By then a file that is being written, or a Secret that is being
 * swapped, is complete.
 */
const AGAIN_MS = 500;

/**
 * Reads the file of `--web.config.file` and all files that it names. Their paths are relative to
 * it.
 *
 * @throws UsageError with the file, the reason and the invalid value, unless the value is secret
 */
export async function readWebFile(file: string): Promise<WebConfig> {
  const text = await readText(file, 'the web configuration file');
  // Loaded on demand: it takes several megabytes of memory, and most monitors do not need it.
  const { readWebYaml } = await import('./web-yaml.ts');
  const { tls, ...rest } = readWebYaml(text, file);
  return { ...rest, ...(tls ? { tls: await withTexts(tls, dirname(file)) } : {}) };
}

export interface WebFileWatch {
  readonly file: string;
  /** The content at the start. */
  readonly config: WebConfig;
  readonly everyMs: number;
  /** Called when the meaning of the file, or of a file that it names, has changed. */
  readonly onConfig: (config: WebConfig) => void;
  /**
   * Called when the file cannot be used, and the old configuration stays in use. Called once until
   * the error changes.
   */
  readonly onError: (error: Error) => void;
  readonly signal: AbortSignal;
}

/**
 * Polls all files, and compares their meaning, so that no swap of a link in a Kubernetes volume is
 * missed. Returns, without a timer left, when the signal aborts. Rejects only with an error that a
 * callback throws.
 */
export async function watchWebFile(watch: WebFileWatch): Promise<void> {
  const { file, everyMs, signal } = watch;
  let seen = meaningOf(watch.config);
  while (await hasPassed(everyMs, signal)) {
    let now = await outcome(file);
    if (now instanceof Error && meaningOf(now) !== seen) {
      if (!(await hasPassed(AGAIN_MS, signal))) return;
      now = await outcome(file);
    }
    if (signal.aborted) return;
    if (meaningOf(now) === seen) continue;
    seen = meaningOf(now);
    if (now instanceof Error) watch.onError(now);
    else watch.onConfig(now);
  }
}

function outcome(file: string): Promise<WebConfig | Error> {
  return readWebFile(file).catch((error: Error) => error);
}

/** A text that differs if and only if the meaning differs. */
function meaningOf(what: WebConfig | Error): string {
  if (what instanceof Error) return what.message;
  return JSON.stringify({ ...what, users: [...what.users] });
}

async function withTexts(settings: TlsSettings, folder: string): Promise<WebTls> {
  const { cert, key, ca, secure, ...rest } = settings;
  const tls: WebTls = {
    ...rest,
    secure: {
      ...secure,
      cert: await textIn(cert, folder),
      key: await textIn(key, folder),
      ...(ca ? { ca: await textIn(ca, folder) } : {}),
    },
  };
  if (ca) checkAuthorities(tls.secure.ca ?? '', ca);
  try {
    createSecureContext({ ...tls.secure });
  } catch (error) {
    // OpenSSL's messages contain no part of the key.
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `Cannot use the certificate of ${cert.source} with the key of ${key.source}: ${why}, got ${nameOf(cert)} and ${nameOf(key)}`,
    );
  }
  return tls;
}

async function textIn(pem: Pem, folder: string): Promise<string> {
  const text = pem.text ?? (await readText(resolve(folder, pem.file), pem.source));
  // Node would silently accept an empty text as a certificate.
  if (text.trim() !== '') return text;
  throw new UsageError(`Cannot use ${pem.source}: it is empty, got ${nameOf(pem)}`);
}

function checkAuthorities(text: string, pem: Pem): void {
  const why = whyNoAuthorities(text);
  if (why) throw new UsageError(`Cannot use ${pem.source}: ${why}, got ${nameOf(pem)}`);
}

function nameOf({ file }: Pem): string {
  return file === undefined ? 'a text' : quoted(file);
}
