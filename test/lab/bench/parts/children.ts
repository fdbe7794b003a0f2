/** Child processes. Each is ended by its own id, however the bench ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => process.exit(130));
}

/** Ensures that a child does not outlive the bench. */
export function tracked(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Ends a child and waits for its exit; by force if it does not exit by itself. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  // A stopped process would not receive SIGTERM.
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 6_000);
  await gone;
  clearTimeout(force);
}

export interface Program {
  readonly pid: number;
  /** Stops the process with its sockets open, like a server that has fallen silent. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/**
 * Starts a program and waits until `isReady` is true.
 *
 * @throws Error with its last output if the program ends before, or is not ready in time
 */
export async function startProgram(
  command: string,
  args: readonly string[],
  isReady: () => Promise<boolean>,
  limitMs = 30_000,
): Promise<Program> {
  const child = tracked(spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'] }));
  let output = '';
  const keep = (text: Buffer): void => {
    output = (output + text.toString()).slice(-2_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.on('error', (error) => keep(Buffer.from(error.message)));
  const until = Date.now() + limitMs;
  while (!(await isReady())) {
    if (child.pid === undefined || child.exitCode !== null || Date.now() > until) {
      await endChild(child);
      const why = child.exitCode === null ? 'not ready in time' : `ended with ${child.exitCode}`;
      throw new Error(`Cannot start ${command}: ${why}, got ${JSON.stringify(output)}`);
    }
    await sleep(50);
  }
  return {
    pid: child.pid ?? 0,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    stop: () => endChild(child),
  };
}

/** A free port of loopback. The program that it is for binds it immediately. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error(`Cannot find a free port: no TCP address, got ${address}`);
  }
  return address.port;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
