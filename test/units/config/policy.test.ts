import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../src/config/yaml.ts';
import { parseCidr } from '../../../src/diagnosis/address.ts';
import type { Policy } from '../../../src/model/policy.ts';

function read(yaml: string): Policy | undefined {
  return readYaml(yaml, 'FILE').policy;
}

/** `lines` below `policy:`, so that the first of them is line 2. */
const policy = (...lines: readonly string[]): string => `policy:\n${lines.join('\n')}\n`;

describe('the key policy', () => {
  it('holds lists for all and for single namespaces', () => {
    const yaml = `interval: 10s
policy:
  allowed-suffixes:
    - Example.COM.   # as people write it
    - svc.cluster.local
    - example.com
  allowed-cidrs: [10.0.0.0/8, 192.0.2.7, "2001:DB8::/32", "fd00::1"]
  denied-cidrs: 10.200.0.0/16, 10.201.0.0/16
  namespaces:
    payments:
      allowed-suffixes: [cards.example.com]
    1234:
      allowed-suffixes: "."
      denied-cidrs: []
`;
    expect(read(yaml)).toEqual({
      allowedSuffixes: ['example.com', 'svc.cluster.local'],
      allowedCidrs: ['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32', 'fd00::1/128'],
      deniedCidrs: ['10.200.0.0/16', '10.201.0.0/16'],
      namespaces: new Map([
        ['payments', { allowedSuffixes: ['cards.example.com'] }],
        ['1234', { allowedSuffixes: [''], deniedCidrs: [] }],
      ]),
    });
  });

  it('may be absent or empty', () => {
    expect(read('interval: 10s\n')).toBeUndefined();
    expect(read('policy: {}\n')).toEqual({ namespaces: new Map() });
    expect(read('policy: {namespaces: {}}\n')).toEqual({ namespaces: new Map() });
  });

  it('takes only networks that the diagnosis can read', () => {
    const networks = [
      '0.0.0.0/0',
      '::/0',
      '10.1.2.3/8',
      '255.255.255.255',
      '1::',
      '::1',
      '1:2:3:4:5:6:7:8/128',
    ];
    const cidrs = read(policy(`  allowed-cidrs: ["${networks.join('","')}"]`))?.allowedCidrs;
    expect(cidrs).toHaveLength(networks.length);
    for (const cidr of cidrs ?? []) expect(() => parseCidr(cidr)).not.toThrow();
  });
});

const network = 'each must be a network such as 10.0.0.0/8 or fd00::/8, or an address';
const suffix = 'each must be a DNS domain such as example.com, which counts for all names below it';
const keys = 'allowed-suffixes, allowed-cidrs, denied-cidrs';

describe('a policy', () => {
  it.each([
    ['nothing', 'policy:\n', 'Cannot use policy in FILE:1: it must be a mapping, got nothing'],
    ['a list', 'policy: [a]\n', 'Cannot use policy in FILE:1: it must be a mapping, got a list'],
    ['text', 'policy: strict\n', 'Cannot use policy in FILE:1: it must be a mapping, got "strict"'],
    [
      'two of them',
      'policy: {}\ninterval: 1s\npolicy: {}\n',
      'Cannot use policy in FILE:3: it occurs twice, got a mapping',
    ],
    [
      'a slip',
      policy('  allowed-sufixes: [a]'),
      'Cannot read FILE:2: no such key of a policy (did you mean allowed-suffixes?), got "allowed-sufixes"',
    ],
    [
      'an unknown key',
      policy('  allow: [a]'),
      `Cannot read FILE:2: no such key of a policy (there are ${keys}, namespaces), got "allow"`,
    ],
    [
      'namespaces within a namespace',
      policy('  namespaces:', '    shop:', '      namespaces: {}'),
      `Cannot read FILE:4: no such key of a policy (there are ${keys}), got "namespaces"`,
    ],
    [
      'a merge key',
      policy('  <<: {denied-cidrs: []}'),
      `Cannot read FILE:2: no such key of a policy (there are ${keys}, namespaces), got "<<"`,
    ],
    [
      'a list twice',
      policy('  denied-cidrs: []', '  denied-cidrs: []'),
      'Cannot use denied-cidrs in FILE:3: it occurs twice, got a list',
    ],
    [
      'an empty list of suffixes',
      policy('  allowed-suffixes: []'),
      'Cannot use allowed-suffixes in FILE:2: it must have an item (leave it out, or write "." to allow every name), got an empty list',
    ],
    [
      'an empty list of networks',
      policy('  allowed-cidrs: []'),
      'Cannot use allowed-cidrs in FILE:2: it must have an item (leave it out, or write 0.0.0.0/0 and ::/0 to allow every address), got an empty list',
    ],
    [
      'no list',
      policy('  allowed-suffixes:'),
      'Cannot use allowed-suffixes in FILE:2: it must be text, or a list of texts, got nothing',
    ],
    [
      'a mapping for a list',
      policy('  allowed-suffixes: {a: b}'),
      'Cannot use allowed-suffixes in FILE:2: it must be text, or a list of texts, got a mapping',
    ],
    [
      'a list in a list',
      policy('  allowed-suffixes: [a, [b]]'),
      'Cannot use allowed-suffixes in FILE:2: it must be text, or a list of texts, got a list with a list in it',
    ],
    [
      'an empty item',
      policy('  allowed-suffixes: [a, ]', '  denied-cidrs: [null]'),
      'Cannot use denied-cidrs in FILE:3: it must be text, or a list of texts, got a list with nothing in it',
    ],
    [
      'a wildcard',
      policy('  allowed-suffixes:', '    - example.com', '    - "*.example.com"'),
      `Cannot use allowed-suffixes in FILE:4: ${suffix}, got "*.example.com"`,
    ],
    [
      'a dot before it',
      policy('  allowed-suffixes: .example.com'),
      `Cannot use allowed-suffixes in FILE:2: ${suffix}, got ".example.com"`,
    ],
    [
      'no text between commas',
      policy('  allowed-suffixes: "a,,b"'),
      `Cannot use allowed-suffixes in FILE:2: ${suffix}, got ""`,
    ],
    [
      'a prefix that is too long',
      policy('  allowed-cidrs:', '    - 10.0.0.0/33'),
      `Cannot use allowed-cidrs in FILE:3: ${network}, got "10.0.0.0/33"`,
    ],
    [
      'a prefix that is too long for IPv6',
      policy('  allowed-cidrs: ["::/129"]'),
      `Cannot use allowed-cidrs in FILE:2: ${network}, got "::/129"`,
    ],
    [
      'a number',
      policy('  allowed-cidrs: [10]'),
      `Cannot use allowed-cidrs in FILE:2: ${network}, got "10"`,
    ],
    [
      'a zone',
      policy('  denied-cidrs: ["fe80::1%eth0"]'),
      `Cannot use denied-cidrs in FILE:2: ${network}, got "fe80::1%eth0"`,
    ],
    [
      'a mask',
      policy('  denied-cidrs: [10.0.0.0/255.0.0.0]'),
      `Cannot use denied-cidrs in FILE:2: ${network}, got "10.0.0.0/255.0.0.0"`,
    ],
    [
      'a list of namespaces',
      policy('  namespaces: [shop]'),
      'Cannot use namespaces in FILE:2: it must be a mapping, got a list',
    ],
    [
      'a namespace that is none',
      policy('  namespaces:', '    Shop: {}'),
      'Cannot read FILE:3: each key of namespaces must be the name of a namespace, got "Shop"',
    ],
    [
      'a namespace twice',
      policy('  namespaces:', '    shop: {}', '    shop: {}'),
      'Cannot use shop in FILE:4: it occurs twice, got a mapping',
    ],
    [
      'nothing for a namespace',
      policy('  namespaces:', '    shop:'),
      'Cannot use shop in FILE:3: it must be a mapping, got nothing',
    ],
    [
      'an alias for a policy',
      'policy: &a {namespaces: {b: *a}}\n',
      'Cannot use b in FILE:1: it must be a mapping, got the alias *a',
    ],
    [
      'an alias for a list',
      policy('  allowed-cidrs: &a [10.0.0.0/8]', '  denied-cidrs: *a'),
      'Cannot use denied-cidrs in FILE:3: it must be text, or a list of texts, got the alias *a',
    ],
    [
      'an alias in a list',
      policy('  allowed-cidrs: [&a 10.0.0.0/8, *a]'),
      'Cannot use allowed-cidrs in FILE:2: it must be text, or a list of texts, got a list with the alias *a in it',
    ],
    [
      'a list that is too long',
      policy(
        `  denied-cidrs: [${Array.from({ length: 1001 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)}]`,
      ),
      'Cannot use denied-cidrs in FILE:2: it must have 1000 items at most, got more',
    ],
    [
      'too many namespaces',
      policy('  namespaces:', ...Array.from({ length: 10_001 }, (_, i) => `    n${i}: {}`)),
      'Cannot use namespaces in FILE:2: it must have 10000 namespaces at most, got more',
    ],
    [
      'a long hostile item',
      policy(`  allowed-suffixes: ["${'a.'.repeat(100_000)}\\u001b"]`),
      `Cannot use allowed-suffixes in FILE:2: ${suffix}, got "${'a.'.repeat(100)}…"`,
    ],
  ])('is refused for %s', (_what, yaml, message) => {
    expect(refusal(yaml)).toMatchObject({ name: 'UsageError', message });
  });
});

function refusal(yaml: string): unknown {
  try {
    return read(yaml);
  } catch (error) {
    return error;
  }
}
