import { StringDecoder } from 'node:string_decoder';

/** Longest line that is held: the API server limits objects to about 1.5 MiB in etcd, 3 MiB in a request. */
const MAX_LINE = 8 * 1024 * 1024;

/**
 * The lines of a stream, without their ends; empty ones and an unfinished last one are left out.
 * Errors of the stream reach the reader, which `node:readline` does not promise.
 * @throws RangeError for a line longer than 8 MiB
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > MAX_LINE) {
      throw new RangeError(`Cannot read a line: it is longer than ${MAX_LINE}, got ${rest.length}`);
    }
    for (const line of parts) if (line !== '') yield line;
  }
}
