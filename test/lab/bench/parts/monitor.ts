/** The built program in a separate process, run like in the image. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { CLUSTER_DOMAIN } from '../services.ts';
import { endChild, freePort, type Program, startProgram, tracked } from './children.ts';
import { cpuSeconds } from './proc.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const LISTENING = 'watching ExternalName Services';
const MAIN = join(ROOT, 'dist', 'main.js');
/** The first list of 30,000 Services is ready after half a minute on a machine that others use, too. */
const READY_MS = 120_000;

export interface MonitorFlags {
  readonly kubeconfig: string;
  readonly dns: string;
  readonly interval: string;
  readonly histograms: boolean;
  readonly more?: readonly string[];
}

export interface MonitorProcess extends Program {
  readonly metrics: string;
}

/** Builds the present sources, so that no older program is measured. */
export function build(): void {
  execFileSync(process.execPath, [join(ROOT, 'build.ts')], { cwd: ROOT, stdio: 'pipe' });
}

export async function startMonitor(flags: MonitorFlags): Promise<MonitorProcess> {
  const { args, port, remove } = await commandOf(flags);
  const isReady = async (): Promise<boolean> => {
    const reply = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    return reply?.ok ?? false;
  };
  const program = await startProgram('env', args, isReady, READY_MS);
  return {
    ...program,
    metrics: `http://127.0.0.1:${port}/metrics`,
    async stop() {
      await program.stop();
      remove();
    },
  };
}

/** CPU seconds of a monitor from its start to the line that says that it listens; it is ended then. */
export async function cpuOfStart(flags: MonitorFlags): Promise<number> {
  const { args, remove } = await commandOf(flags);
  const child = tracked(spawn('env', args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  try {
    for await (const line of createInterface({ input: child.stdout as Readable })) {
      if (line.includes(LISTENING)) return cpuSeconds(child.pid ?? 0);
    }
    throw new Error(`Cannot measure the start: it ended before it listened, got ${child.exitCode}`);
  } finally {
    await endChild(child);
    remove();
  }
}

async function commandOf(flags: MonitorFlags) {
  const folder = mkdtempSync(join(tmpdir(), 'externalname-monitor-bench-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, flags.kubeconfig, { mode: 0o600 });
  const port = await freePort();
  const args = [
    ...imageVariables(),
    process.execPath,
    ...imageFlags(),
    MAIN,
    `--kubeconfig=${kubeconfig}`,
    `--cluster-dns=${flags.dns}`,
    `--cluster-domain=${CLUSTER_DOMAIN}`,
    '--families=ipv4,ipv6',
    `--listen=127.0.0.1:${port}`,
    `--interval=${flags.interval}`,
    ...(flags.histograms || !hasHistogramOption() ? [] : ['--service-histograms=false']),
    ...(flags.more ?? []),
  ];
  return { args, port, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Node's flags in the image's entry point, `["node", "--flag", "/app/main.js"]`. */
export function imageFlags(): string[] {
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile())?.[1];
  const words = entry === undefined ? [] : (JSON.parse(entry) as string[]);
  return words.filter((word) => word.startsWith('--'));
}

/** The variables that the image sets, as `NAME=value`. */
export function imageVariables(): string[] {
  return [...dockerfile().matchAll(/^ENV (\w+=\S+)$/gm)].map(([, variable = '']) => variable);
}

function dockerfile(): string {
  return readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
}

let histogramOption: boolean | undefined;

/** Whether this build can leave out the per-Service histograms. */
export function hasHistogramOption(): boolean {
  histogramOption ??= execFileSync(process.execPath, [MAIN, '--help=all'], {
    encoding: 'utf8',
  }).includes('--service-histograms');
  return histogramOption;
}
