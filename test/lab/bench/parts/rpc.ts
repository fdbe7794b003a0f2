/** Calls between the bench and its child processes, over the channel of fork(). */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { endChild, tracked } from './children.ts';

interface Call {
  readonly id: number;
  readonly op: string;
  readonly args: readonly unknown[];
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

type Result<F extends (...args: never[]) => unknown> = Awaited<ReturnType<F>>;

type Ops = Record<string, (...args: never[]) => unknown>;

/** In the child: answers calls until the bench has ended, and then exits. */
export function answerCalls(ops: Ops): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', async ({ id, op, args }: Call) => {
    const run = ops[op] as ((...all: readonly unknown[]) => unknown) | undefined;
    try {
      if (!run) throw new Error(`Cannot call: there is no such operation, got ${op}`);
      process.send?.({ id, value: await run(...args) } satisfies Reply);
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
}

export interface Remote<O extends Ops> {
  readonly pid: number;
  call<K extends keyof O & string>(op: K, ...args: Parameters<O[K]>): Promise<Result<O[K]>>;
  stop(): Promise<void>;
}

/** Starts `children/<name>.ts` with the operations of `O`. */
export function forkChild<O extends Ops>(name: string, flags: readonly string[] = []): Remote<O> {
  const file = join(import.meta.dirname, '..', 'children', `${name}.ts`);
  const child = tracked(fork(file, { execArgv: [...flags], serialization: 'advanced' }));
  const waiting = new Map<number, (reply: Reply) => void>();
  child.on('message', (reply: Reply) => waiting.get(reply.id)?.(reply));
  child.on('exit', (code, signal) => {
    const error = `Cannot go on: the process ${name} ended, got ${signal ?? code}`;
    for (const [id, settle] of waiting) settle({ id, error });
  });
  let last = 0;
  return {
    pid: child.pid ?? 0,
    async call<K extends keyof O & string>(
      op: K,
      ...args: Parameters<O[K]>
    ): Promise<Result<O[K]>> {
      const id = ++last;
      const reply = new Promise<Reply>((resolve) => waiting.set(id, resolve));
      child.send({ id, op, args } satisfies Call);
      const { value, error } = await reply;
      waiting.delete(id);
      if (error !== undefined) throw new Error(error);
      return value as Result<O[K]>;
    },
    stop: () => endChild(child),
  };
}
