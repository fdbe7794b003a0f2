/** The records of one zone: owner (relative, `@` for the zone itself) to `TYPE data` lines. */
export type Zone = Readonly<Record<string, readonly string[]>>;

/** Zones by name, without the last dot. */
export type Zones = Readonly<Record<string, Zone>>;

/** The default zones outside the cluster. Any other name does not exist. */
export const defaultZones: Zones = {
  'example.test': {
    www: ['A 192.0.2.10', 'AAAA 2001:db8::10'],
    v4: ['A 192.0.2.11'],
    v6: ['AAAA 2001:db8::12'],
    chain: ['CNAME www.other.test.'],
    dangling: ['CNAME gone.other.test.'],
    'no-address': ['TXT "nothing to connect to"'],
    many: Array.from({ length: 60 }, (_, index) => `A 192.0.2.${index + 1}`),
  },
  'other.test': {
    www: ['A 198.51.100.20', 'AAAA 2001:db8:1::20'],
    db: ['A 198.51.100.21'],
  },
};

/** The master file of a zone. */
export function zoneFile(name: string, zone: Zone, serial: number, ttl: number): string {
  const lines = [
    `$ORIGIN ${name === '.' ? '' : name}.`,
    `$TTL ${ttl}`,
    `@ SOA ns.invalid. hostmaster.invalid. ${serial} 3600 600 86400 ${ttl}`,
    '@ NS ns.invalid.',
  ];
  for (const [owner, records] of Object.entries(zone)) {
    for (const record of records) lines.push(`${owner} ${record}`);
  }
  return `${lines.join('\n')}\n`;
}
