import { type ExtendedError, MAX_EXTRA_TEXT } from '../model/extended-error.ts';
import type { ResourceRecord } from './message.ts';

/** One option of EDNS (RFC 6891 §6.1.2). */
export interface EdnsOption {
  readonly code: number;
  readonly data: Buffer;
}

/** Extended DNS error (RFC 8914 §2). */
export const EDE = 15;
/** A reply may hold thousands of options: no more are read. */
const MAX_OPTIONS = 32;
const MAX_ERRORS = 8;
/** A character of UTF-8 takes four bytes at most. */
const MAX_TEXT_BYTES = 4 * MAX_EXTRA_TEXT;

/** The options of an OPT record, up to the first that runs past its end; never throws. */
export function optionsOf(message: Buffer, { start, length }: ResourceRecord): EdnsOption[] {
  const options: EdnsOption[] = [];
  const end = Math.min(start + length, message.length);
  for (let at = start; at + 4 <= end && options.length < MAX_OPTIONS; ) {
    const next = at + 4 + message.readUInt16BE(at + 2);
    if (next > end) break;
    options.push({ code: message.readUInt16BE(at), data: message.subarray(at + 4, next) });
    at = next;
  }
  return options;
}

/** The extended errors among options; undefined where there is none. */
export function extendedErrorsOf(
  options: readonly EdnsOption[],
): readonly ExtendedError[] | undefined {
  const errors = options.flatMap((option) => extendedErrorOf(option) ?? []);
  return errors.length > 0 ? errors.slice(0, MAX_ERRORS) : undefined;
}

export function extendedErrorOf({ code, data }: EdnsOption): ExtendedError | undefined {
  if (code !== EDE || data.length < 2) return undefined;
  return { code: data.readUInt16BE(0), text: extraText(data.subarray(2)) };
}

/** The server wrote it, or whoever owns the zone: it is shown in one line, in texts of any kind. */
function extraText(bytes: Buffer): string {
  // It may end with a NUL (RFC 8914 §2).
  const text = bytes.toString('utf8', 0, MAX_TEXT_BYTES).replace(/\0+$/, '');
  const plain = text.replace(/[^\x20-\x7e]/gu, '?').trim();
  return plain.length > MAX_EXTRA_TEXT ? `${plain.slice(0, MAX_EXTRA_TEXT - 3)}...` : plain;
}
