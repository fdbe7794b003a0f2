import { StringDecoder } from 'node:string_decoder';
import { ApiError } from './errors.ts';

/**
 * Limit for the length of a line: the API server limits objects to about 1.5 MiB in etcd and 3 MiB
 * in a request.
 */
const MAX_LINE = 8 * 1024 * 1024;

/**
 * Yields the lines of a stream without their line ends, in arrays of all lines that a chunk
 * completes. Empty lines and an unfinished last line are left out. Errors of the stream reach the
 * reader, which `node:readline` does not guarantee.
 *
 * @throws ApiError for a line longer than 8 MiB
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const [first = '', ...more] = decoder.write(chunk).split('\n');
    rest += first;
    if (rest.length > MAX_LINE)
      throw new ApiError('malformed', `Cannot read a line: over ${MAX_LINE}, got ${rest.length}`);
    const last = more.pop();
    if (last === undefined) continue;
    const lines = [rest, ...more].filter((line) => line !== '');
    rest = last;
    if (lines.length > 0) yield lines;
  }
}
