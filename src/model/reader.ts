/**
 * The resolvers that programs in pods use. They read the same reply differently: see `readAs` in
 * src/dns/readers.ts. A public contract: a word is never changed, and never reused with another
 * meaning.
 */
export const READERS = {
  glibc: {
    meaning: 'getaddrinfo of glibc: Debian, Ubuntu, Red Hat; Java, Python, .NET, Node on those',
    rule: 'reads the records in order; an address counts if it belongs to the target of the last CNAME before it',
  },
  musl: {
    meaning: 'getaddrinfo of musl: Alpine',
    rule: 'takes the first 48 addresses of the answer, whatever name they belong to',
  },
  go: {
    meaning: "Go's own resolver: static Go programs",
    rule: 'takes every address of the answer up to the first record that it cannot read',
  },
  'c-ares': {
    meaning: 'c-ares: dns.resolve of Node, curl, Envoy, gRPC',
    rule: 'takes every address of the answer if it can read the whole message',
  },
} as const satisfies Record<string, { readonly meaning: string; readonly rule: string }>;

export type Reader = keyof typeof READERS;

export const READER_NAMES = Object.keys(READERS) as readonly Reader[];
