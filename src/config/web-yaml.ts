/**
 * Parses the YAML of a web configuration, in the format that Prometheus exporters share
 * (exporter-toolkit).
 */
import { validateHeaderValue } from 'node:http';
import { isSeq, type Node } from 'yaml';
import { hint } from '../model/near-miss.ts';
import { CLIENT_AUTHS, type SecureSettings, type WebConfig, type WebTls } from '../model/web.ts';
import { parseBoolean, parseWord, quoted, UsageError } from './values.ts';
import { CURVES, ciphersOf, HEADERS, SUITES, VERSIONS } from './web-words.ts';
import {
  type Entry,
  entriesOf,
  mappingIn,
  mappingOf,
  nodeText,
  type PlaceOf,
  textOf,
} from './yaml-nodes.ts';

const MOST_USERS = 1_000;
const MOST_ITEMS = 1_000;
/**
 * Maximum bcrypt cost. A check at this cost takes seconds, and a longer check would delay all
 * others.
 */
const HIGHEST_COST = 15;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** A PEM text, or the file that contains it. */
export type Pem = { readonly source: string } & (
  | { readonly text: string; readonly file?: never }
  | { readonly file: string; readonly text?: never }
);

/** The content of the file: PEM texts may still be in separate files. */
export type WebSettings = Omit<WebConfig, 'tls'> & { readonly tls?: TlsSettings };
export type TlsSettings = Omit<WebTls, 'secure'> & {
  readonly secure: Omit<SecureSettings, 'cert' | 'key' | 'ca'>;
  readonly cert: Pem;
  readonly key: Pem;
  readonly ca?: Pem;
};

/**
 * @throws UsageError with the file, the line, the reason and the invalid value, unless the value is
 * secret
 */
export function readWebYaml(text: string, file: string): WebSettings {
  const { contents, placeOf } = mappingIn(text, file, 'a web configuration');
  if (!contents) return { headers: {}, users: new Map() };
  const keys = entriesByKey(contents, placeOf, [
    'tls_server_config',
    'http_server_config',
    'basic_auth_users',
  ]);
  const tls = keys.get('tls_server_config');
  const http = keys.get('http_server_config');
  const users = keys.get('basic_auth_users');
  return {
    ...(tls ? { tls: tlsOf(tls, placeOf) } : {}),
    headers: http ? headersOf(http, placeOf) : {},
    users: users ? usersOf(users, placeOf) : new Map(),
  };
}

function tlsOf(whole: Entry<string>, placeOf: PlaceOf): TlsSettings {
  const keys = entriesByKey(mappingOf(whole.value, whole.source), placeOf, [
    ...['cert', 'key', 'client_ca', 'cert_file', 'key_file', 'client_ca_file'],
    ...['client_auth_type', 'client_allowed_sans', 'min_version', 'max_version'],
    ...['cipher_suites', 'prefer_server_cipher_suites', 'curve_preferences'],
  ]);
  const read = <T>(name: string, parse: (entry: Entry<string>) => T): T | undefined => {
    const entry = keys.get(name);
    return entry && parse(entry);
  };
  const cert = pemOf(keys, 'cert');
  const key = pemOf(keys, 'key');
  const ca = pemOf(keys, 'client_ca');
  if (!cert || !key) {
    const missing = cert ? 'key_file' : 'cert_file';
    throw new UsageError(`Cannot use ${whole.source}: ${missing} is missing, got ${given(keys)}`);
  }
  const clientAuth = read('client_auth_type', clientAuthOf) ?? 'NoClientCert';
  const clientAllowedSans = read('client_allowed_sans', (entry) => textsOf(entry));
  const wants = {
    verify: clientAuth.includes('Verify'),
    require: clientAuth.startsWith('Require'),
  };
  const problem =
    wants.verify && !ca
      ? `client_ca_file is missing, which client_auth_type ${clientAuth} needs`
      : ca && clientAuth === 'NoClientCert'
        ? 'client_ca_file needs a client_auth_type that asks for certificates'
        : clientAllowedSans && !wants.require
          ? 'client_allowed_sans needs a client_auth_type that requires a certificate'
          : undefined;
  if (problem) {
    throw new UsageError(`Cannot use ${whole.source}: ${problem}, got ${quoted(clientAuth)}`);
  }
  const versionOf = (entry: Entry<string>) => translated(entry, textIn(entry), VERSIONS);
  const minVersion = read('min_version', versionOf) ?? 'TLSv1.2';
  const maxVersion = read('max_version', versionOf) ?? 'TLSv1.3';
  if (minVersion > maxVersion) {
    throw new UsageError(
      `Cannot use ${whole.source}: min_version must not be above max_version, got ${minVersion} and ${maxVersion}`,
    );
  }
  const listIn = (words: Readonly<Record<string, string>>) => (entry: Entry<string>) =>
    textsOf(entry).map((text) => translated(entry, text, words));
  const suites = read('cipher_suites', listIn(SUITES));
  const curves = read('curve_preferences', listIn(CURVES));
  return {
    cert,
    key,
    ...(ca ? { ca } : {}),
    clientAuth,
    ...(clientAllowedSans ? { clientAllowedSans } : {}),
    secure: {
      minVersion,
      maxVersion,
      honorCipherOrder: read('prefer_server_cipher_suites', booleanIn) ?? true,
      ...(suites ? { ciphers: ciphersOf(suites) } : {}),
      ...(curves ? { ecdhCurve: curves.join(':') } : {}),
    },
  };
}

/** Either in the file itself or in a file that it names; not both. */
function pemOf(keys: ReadonlyMap<string, Entry<string>>, name: string): Pem | undefined {
  const inline = keys.get(name);
  const named = keys.get(`${name}_file`);
  if (inline && named) {
    throw new UsageError(
      `Cannot use ${inline.source}: there must be one of ${name} and ${name}_file, got both`,
    );
  }
  // The value may be a private key, so errors never repeat it.
  if (inline) return { text: textIn(inline, secret), source: inline.source };
  return named && { file: textIn(named), source: named.source };
}

function clientAuthOf(entry: Entry<string>) {
  const word = textIn(entry);
  // The name in old files.
  if (word === 'RequireClientCert') return 'RequireAnyClientCert';
  return named(entry, () => parseWord(word, CLIENT_AUTHS));
}

function headersOf(whole: Entry<string>, placeOf: PlaceOf): Record<string, string> {
  const keys = entriesByKey(mappingOf(whole.value, whole.source), placeOf, ['http2', 'headers']);
  const http2 = keys.get('http2');
  if (http2 && booleanIn(http2)) {
    throw new UsageError(
      `Cannot use ${http2.source}: it must be false or left out, since only HTTP/1.1 is served, got true`,
    );
  }
  const headers = keys.get('headers');
  if (!headers) return {};
  const map = mappingOf(headers.value, headers.source);
  const entries = entriesByKey(map, placeOf, Object.keys(HEADERS));
  const values = [...entries.values()].map((entry) => [entry.word, headerValue(entry)] as const);
  // A blank value counts as absent.
  return Object.fromEntries(values.filter(([, value]) => value !== ''));
}

function headerValue(entry: Entry<string>): string {
  const { word, value, source } = entry;
  const text = textOf(value);
  if (text === '') return text;
  const allowed = HEADERS[word];
  return named({ source }, () => {
    const valid = textIn(entry);
    if (allowed) return parseWord(valid, allowed);
    try {
      validateHeaderValue(word, valid);
      return valid;
    } catch {
      throw new UsageError(`it must be one line of plain characters, got ${quoted(valid)}`);
    }
  });
}

function usersOf(whole: Entry<string>, placeOf: PlaceOf): Map<string, string> {
  const users = new Map<string, string>();
  const map = mappingOf(whole.value, whole.source);
  for (const { word, value, source } of entriesOf(map, placeOf, userOf, secret)) {
    const hash = textOf(value) ?? '';
    const [, cost] = BCRYPT.exec(hash) ?? [];
    if (cost === undefined) {
      throw new UsageError(
        `Cannot use ${source}: it must be a bcrypt hash such as htpasswd -nBC 10 "" prints, got ${secret(value)}`,
      );
    }
    if (Number(cost) < 4 || Number(cost) > HIGHEST_COST) {
      throw new UsageError(
        `Cannot use ${source}: the cost of its hash must be from 4 to ${HIGHEST_COST}, got ${cost}`,
      );
    }
    users.set(word, hash);
    if (users.size > MOST_USERS) {
      throw new UsageError(
        `Cannot use ${whole.source}: it must have ${MOST_USERS} users at most, got more`,
      );
    }
  }
  return users;
}

/** RFC 7617 section 2: a colon ends the name, and a name has no control characters. */
function userOf(key: Node, place: string): string {
  const name = textOf(key) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (name !== '' && !/[:\x00-\x1f\x7f]/.test(name)) return name;
  throw new UsageError(
    `Cannot read ${place}: each key of basic_auth_users must be a name without a colon, got ${nodeText(key)}`,
  );
}

function entriesByKey(
  map: Parameters<typeof entriesOf>[0],
  placeOf: PlaceOf,
  known: readonly string[],
): Map<string, Entry<string>> {
  const keyOf = (key: Node, place: string): string => {
    const word = textOf(key) ?? '';
    if (known.includes(word)) return word;
    const help = hint(word, known, `there are ${known.join(', ')}`);
    throw new UsageError(`Cannot read ${place}: no such key here (${help}), got ${nodeText(key)}`);
  };
  const entries = entriesOf(map, placeOf, keyOf, secret);
  return new Map(entries.map((entry) => [entry.word, entry]));
}

function textIn({ value, source }: Entry<string>, tell = nodeText): string {
  const text = textOf(value);
  if (text) return text;
  throw new UsageError(`Cannot use ${source}: it must be text, got ${tell(value)}`);
}

function textsOf({ value, source }: Entry<string>): string[] {
  const texts = isSeq(value) ? value.items.map((item) => textOf(item as Node)) : [];
  if (texts.length > 0 && texts.length <= MOST_ITEMS && texts.every((text) => text)) {
    return texts as string[];
  }
  throw new UsageError(
    `Cannot use ${source}: it must be a list of 1 to ${MOST_ITEMS} texts, got ${isSeq(value) ? `a list of ${texts.length}` : nodeText(value)}`,
  );
}

function booleanIn(entry: Entry<string>): boolean {
  return named(entry, () => parseBoolean(textIn(entry)));
}

function translated<T>(
  { source }: Pick<Entry<string>, 'source'>,
  word: string,
  words: Readonly<Record<string, T>>,
): T {
  const known = Object.keys(words);
  const translation = known.includes(word) ? words[word] : undefined;
  if (translation !== undefined) return translation;
  throw new UsageError(
    `Cannot use ${source}: it must be one of ${known.join(', ')}, got ${quoted(word)}`,
  );
}

/** Adds the place in the file to an error of an option's parser. */
function named<T>({ source }: { readonly source: string }, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UsageError) || error.message.startsWith('Cannot')) throw error;
    throw new UsageError(`Cannot use ${source}: ${error.message}`);
  }
}

function given(keys: ReadonlyMap<string, unknown>): string {
  return [...keys.keys()].join(', ') || 'nothing';
}

/** The length of a value, and nothing else. */
function secret(value: Node | null): string {
  const text = textOf(value);
  return text === undefined ? nodeText(value) : `a text of ${text.length} characters`;
}
