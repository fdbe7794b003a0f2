/**
 * Reads the forwarding rules of a Corefile: which names CoreDNS forwards, and to which servers. The
 * rest is skipped.
 */
import { ALL_ZONES } from '../model/forward.ts';
import { type Line, linesOf, MOST_LINES } from './corefile-lines.ts';
import { domainIn } from './values.ts';

export interface ForwardLine {
  /** A zone, or `ALL_ZONES`. */
  readonly from: string;
  readonly except: readonly string[];
  /** As written: addresses, or files in the format of resolv.conf. */
  readonly to: readonly string[];
  /** `tls_servername`: the name in the certificate of a server over TLS. */
  readonly tlsName?: string;
}

export interface ServerBlock {
  readonly zones: readonly string[];
  /** In the order of the Corefile, which is the order in which CoreDNS tries them. */
  readonly forwards: readonly ForwardLine[];
}

export interface Corefile {
  readonly blocks: readonly ServerBlock[];
  /** Names of imported files and snippets that do not exist. */
  readonly missing: readonly string[];
}

interface Directive {
  readonly name: string;
  readonly args: Line;
  readonly block: readonly Line[];
}

/** Maximum depth of nested imports; Caddy has no limit. */
const DEEPEST_IMPORT = 8;
/** CoreDNS refuses more upstreams in a line (plugin/forward, `max`). */
const MOST_UPSTREAMS = 15;
const MOST_ZONES = 1_000;

/**
 * Reads as much as possible, and never throws. `files`: texts that `import` may refer to, by the
 * last part of their path; ConfigMaps are mounted as folders of such files.
 */
export function parseCorefile(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Corefile {
  const reader = new CorefileReader(files);
  reader.read(linesOf(text), 0);
  return { blocks: reader.blocks, missing: [...reader.missing] };
}

class CorefileReader {
  readonly blocks: ServerBlock[] = [];
  readonly missing = new Set<string>();
  readonly #files: Readonly<Record<string, string>>;
  readonly #read = new Map<string, readonly Line[]>();
  readonly #snippets = new Map<string, readonly Line[]>();
  /** Number of lines that imports may still add. */
  #left = MOST_LINES;

  constructor(files: Readonly<Record<string, string>>) {
    this.#files = files;
  }

  /** Reads lines outside of blocks, at import depth `depth`. */
  read(lines: readonly Line[], depth: number): void {
    const cursor = new Cursor(lines);
    for (let line = cursor.peek(); line; line = cursor.peek()) {
      const [first, pattern = ''] = line;
      if (first === 'import') {
        cursor.take();
        for (const imported of this.#imported(pattern, depth)) this.read(imported, depth + 1);
        continue;
      }
      const { keys, body } = takeBlock(cursor);
      const [key = ''] = keys;
      if (key.startsWith('(') && key.endsWith(')')) this.#snippets.set(key.slice(1, -1), body);
      else this.#add(keys, this.#withImports(body, depth));
    }
  }

  #add(keys: readonly string[], body: readonly Line[]): void {
    const block = serverBlock(keys, body);
    if (block.zones.length > 0) this.blocks.push(block);
  }

  /** The lines of a block, with each import replaced by the imported lines. */
  #withImports(body: readonly Line[], depth: number): Line[] {
    return body.flatMap((line) => {
      const [first, pattern] = line;
      if (first !== 'import' || pattern === undefined) return [line];
      const imported = this.#imported(pattern, depth);
      return imported.flatMap((lines) => this.#withImports(lines, depth + 1));
    });
  }

  /** A snippet or files, within the limits. */
  #imported(pattern: string, depth: number): readonly (readonly Line[])[] {
    if (depth >= DEEPEST_IMPORT || this.#left <= 0) return [];
    const snippet = this.#snippets.get(pattern);
    const found = snippet
      ? [snippet]
      : matching(this.#files, pattern).map((one) => this.#lines(one));
    if (found.length === 0) this.missing.add(pattern);
    this.#left -= found.reduce((sum, { length }) => sum + length, 1);
    return found;
  }

  #lines(file: string): readonly Line[] {
    const lines = this.#read.get(file) ?? linesOf(this.#files[file] ?? '');
    this.#read.set(file, lines);
    return lines;
  }
}

class Cursor {
  readonly #lines: readonly Line[];
  #at = 0;

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
  }

  peek(): Line | undefined {
    return this.#lines[this.#at];
  }

  take(): Line | undefined {
    return this.#lines[this.#at++];
  }

  /**
   * Returns the lines up to the closing brace, and consumes the brace; to the end if there is none.
   */
  takeBraces(): readonly Line[] {
    const start = this.#at;
    for (let depth = 1; ; ) {
      const line = this.take();
      if (!line) return this.#lines.slice(start);
      if (line[0] === '}') depth--;
      else if (line.at(-1) === '{') depth++;
      if (depth === 0) return this.#lines.slice(start, this.#at - 1);
    }
  }

  takeRest(): readonly Line[] {
    const start = this.#at;
    this.#at = this.#lines.length;
    return this.#lines.slice(start);
  }
}

/**
 * Files that match the last part of a path, which may contain `*`; sorted, the order in which
 * CoreDNS reads them.
 */
function matching(files: Readonly<Record<string, string>>, path: string): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const parts = name.split('*');
  const isMatch = (file: string): boolean => {
    if (parts.length === 1) return file === name;
    const [start = '', end = ''] = [parts[0], parts.at(-1)];
    const isLong = file.length >= start.length + end.length;
    return isLong && file.startsWith(start) && file.endsWith(end);
  };
  return Object.keys(files).filter(isMatch).sort();
}

/** The next block: its keys and the content of its braces; without braces, all that follows. */
function takeBlock(cursor: Cursor): { keys: readonly string[]; body: readonly Line[] } {
  let keys: string[] = [];
  for (let line = cursor.take(); line; line = cursor.take()) {
    for (const word of line.slice(0, MOST_ZONES))
      if (word !== '{') keys = keys.concat(word.split(',', MOST_ZONES));
    if (line.at(-1) === '{') return { keys: keys.filter(Boolean), body: cursor.takeBraces() };
    if (!line.at(-1)?.endsWith(',')) break;
  }
  return { keys: keys.filter(Boolean), body: cursor.takeRest() };
}

function serverBlock(keys: readonly string[], body: readonly Line[]): ServerBlock {
  const zones = keys.map(zoneOfKey).filter((zone) => zone !== undefined);
  const forwards = directivesOf(body)
    // `proxy` is the name before CoreDNS 1.5.
    .filter(({ name }) => name === 'forward' || name === 'proxy')
    .map(forwardLine)
    .filter((line) => line !== undefined);
  return { zones: [...new Set(zones)].slice(0, MOST_ZONES), forwards };
}

function directivesOf(body: readonly Line[]): readonly Directive[] {
  const cursor = new Cursor(body);
  const directives: Directive[] = [];
  for (let line = cursor.take(); line; line = cursor.take()) {
    const [name = '', ...args] = line;
    const hasBlock = args.at(-1) === '{';
    const block = hasBlock ? cursor.takeBraces() : [];
    directives.push({ name, args: hasBlock ? args.slice(0, -1) : args, block });
  }
  return directives;
}

function forwardLine({ args, block }: Directive): ForwardLine | undefined {
  const [from, ...to] = args;
  const zone = from === undefined ? undefined : zoneIn(from);
  if (zone === undefined) return undefined;
  const valuesOf = (name: string): string[] =>
    block.filter(([first]) => first === name).flatMap(([, ...values]) => values);
  const [tlsName] = valuesOf('tls_servername');
  return {
    from: zone,
    except: valuesOf('except')
      .map(zoneIn)
      .filter((zone) => zone !== undefined),
    to: [...to, ...valuesOf('to')].slice(0, MOST_UPSTREAMS),
    ...(tlsName === undefined ? {} : { tlsName }),
  };
}

/**
 * `dns://example.org:1053` → `example.org`; undefined for an address range or an environment
 * variable.
 */
function zoneOfKey(key: string): string | undefined {
  return zoneIn(key.replace(/^[a-z]+:\/\//i, '').replace(/:\d+$/, ''));
}

function zoneIn(text: string): string | undefined {
  return text === '.' || text === '' ? ALL_ZONES : domainIn(text);
}
