import { StringDecoder } from 'node:string_decoder';
import { ApiError } from './errors.ts';

/** Longest line that is held: the API server limits objects to about 1.5 MiB in etcd, 3 MiB in a request. */
const MAX_LINE = 8 * 1024 * 1024;

/**
 * The lines of a stream, without their ends: all that a chunk completes at once. Empty ones and an
 * unfinished last one are left out. Errors of the stream reach the reader, which `node:readline`
 * does not promise.
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
