import { dirname, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { WebConfig, WebTls } from '../model/web.ts';
import { whyNoAuthorities } from './authorities.ts';
import { readText } from './file.ts';
import { hasPassed } from './policy-file.ts';
import { quoted, UsageError } from './values.ts';
import type { Pem, TlsSettings } from './web-yaml.ts';

/** A file that is being written, or a Secret that is being swapped, is whole again by then. */
const AGAIN_MS = 500;

/**
 * The file of `--web.config.file` with all files that it names, whose paths are relative to it.
 * @throws UsageError that names the file, what is wrong and the offending value, unless that is secret
 */
export async function readWebFile(file: string): Promise<WebConfig> {
  const text = await readText(file, 'the web configuration file');
  // Loaded on demand: several megabytes of memory that most have no use for.
  const { readWebYaml } = await import('./web-yaml.ts');
  const { tls, ...rest } = readWebYaml(text, file);
  return { ...rest, ...(tls ? { tls: await withTexts(tls, dirname(file)) } : {}) };
}

export interface WebFileWatch {
  readonly file: string;
  /** As it was read at the start. */
  readonly config: WebConfig;
  readonly everyMs: number;
  /** Something in it, or in a file that it names, means something else now. */
  readonly onConfig: (config: WebConfig) => void;
  /** It cannot be used as a whole, and what was before is to be kept; told once until that changes. */
  readonly onError: (error: Error) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads everything every so often, and compares what it means: so no link that a Kubernetes volume swaps is
 * missed. Ends, without a timer left, when it is aborted. Rejects only with what a callback throws.
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

/** Text that differs where the two differ. */
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
    // OpenSSL's words name no part of the key.
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `Cannot use the certificate of ${cert.source} with the key of ${key.source}: ${why}, got ${nameOf(cert)} and ${nameOf(key)}`,
    );
  }
  return tls;
}

async function textIn(pem: Pem, folder: string): Promise<string> {
  const text = pem.text ?? (await readText(resolve(folder, pem.file), pem.source));
  // Node would take nothing for a certificate that is not wanted.
  if (text.trim() !== '') return text;
  throw new UsageError(`Cannot use ${pem.source}: there is nothing in it, got ${nameOf(pem)}`);
}

function checkAuthorities(text: string, pem: Pem): void {
  const why = whyNoAuthorities(text);
  if (why) throw new UsageError(`Cannot use ${pem.source}: ${why}, got ${nameOf(pem)}`);
}

function nameOf({ file }: Pem): string {
  return file === undefined ? 'a text' : quoted(file);
}
