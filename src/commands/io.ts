/** What a command has of its process, or of a test in the place of one. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: AsyncIterable<Buffer | string>;
  readonly stdout: Output;
  readonly stderr: Output;
}

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Resolves once it is handed over, also if nobody reads on (`| head`). */
export function print(output: Output, text: string): Promise<void> {
  output.off('error', ignore).on('error', ignore);
  return new Promise((resolve) => output.write(text, () => resolve()));
}

function ignore(): void {}
