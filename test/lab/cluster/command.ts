import { execFile } from 'node:child_process';

/**
 * Runs a program to its end with `input` on its standard input; returns its output.
 *
 * @throws Error with its standard error if it fails
 */
export function command(file: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, (cause, stdout, stderr) => {
      if (cause === null) return resolve(stdout);
      const words = [file, ...args].join(' ');
      const status = `it ended with ${cause.code ?? cause.signal}`;
      reject(new Error(`Cannot run ${words}: ${status}, got ${stderr}`, { cause }));
    });
    // A program that fails early does not read all of the input.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
