import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { finalTarget, isInLoop } from '../../../src/diagnosis/loop.ts';
import { readAnnotations } from '../../../src/kubernetes/annotations.ts';
import {
  chosenAndLinks,
  externalNameServices,
  type ServiceSelection,
  specOf,
} from '../../../src/kubernetes/services.ts';
import { SETTINGS } from '../../fixtures/spec.ts';

/** Settings of a Service without annotations. */
const PLAIN = { ...SETTINGS, intervalMs: 30_000 };
const DEFAULTS = { ...PLAIN, minIntervalMs: 5_000 };

const read = (annotations: unknown, change: object = {}) =>
  readAnnotations(annotations, { ...DEFAULTS, ...change });
const one = (name: string, value: unknown) => read({ [`externalname-monitor/${name}`]: value });

describe('readAnnotations', () => {
  it('takes what is valid', () => {
    const annotations = {
      'externalname-monitor/enabled': 'false',
      'externalname-monitor/interval': '5m',
      'externalname-monitor/record-types': 'A, A',
      'externalname-monitor/severity': 'ticket',
      'externalname-monitor/alert-severity':
        'ExternalNameServiceSlow=none, ExternalNameServiceDegraded=page',
      'somebody-else/interval': '1s',
    };
    expect(read(annotations)).toEqual({
      settings: {
        enabled: false,
        intervalMs: 300_000,
        recordTypes: ['A'],
        families: ['ipv4'],
        severity: 'ticket',
        alertSeverity: 'ExternalNameServiceSlow=none,ExternalNameServiceDegraded=page',
      },
      invalid: [],
    });
  });

  it.each([
    ['enabled', 'no'],
    ['enabled', ''],
    ['interval', '1s'],
    ['interval', '2h'],
    ['interval', 'soon'],
    ['interval', '-5m'],
    ['record-types', 'A,MX'],
    ['record-types', ''],
    ['severity', 'PAGE'],
    ['alert-severity', 'ServiceSlow=page'],
    ['alert-severity', 'ExternalNameServiceSlow=critical'],
    ['alert-severity', 'ExternalNameServiceSlow=page,'],
  ])('uses the default for %s %j, and says so', (name, value) => {
    expect(one(name, value)).toEqual({ settings: PLAIN, invalid: [name] });
  });

  it.each([[undefined], [null], ['text'], [[]], [{ 'externalname-monitor/interval': 5 }]])(
    'survives %j',
    (annotations) => {
      expect(read(annotations)).toEqual({ settings: PLAIN, invalid: [] });
    },
  );

  it('takes no interval below the minimum, and any from there', () => {
    const annotations = { 'externalname-monitor/interval': '2s' };
    const { settings, invalid } = read(annotations, { minIntervalMs: 2_001 });
    expect([settings.intervalMs, invalid]).toEqual([30_000, ['interval']]);
    expect(read(annotations, { minIntervalMs: 2_000 }).settings.intervalMs).toBe(2_000);
    expect(read(annotations, { minIntervalMs: 2_000, intervalMs: 1_000 }).invalid).toEqual([]);
  });
});

/** Our own type of an object does not name all that is in one. */
const created: object = { creationTimestamp: '2026-11-22T00:00:00Z' };

describe('externalNameServices', () => {
  const slim = (selection: object, namespace: string, metadata: object = {}) =>
    externalNameServices({
      namespaces: [],
      excludeNamespaces: [],
      labels: [],
      defaults: DEFAULTS,
      shard: { index: 0, total: 1 },
      ...selection,
    }).slim({
      metadata: { namespace, name: 'db', uid: 'u', ...created, ...metadata },
      spec: { type: 'ExternalName', externalName: 'DB.Example.com.' },
    });

  it('keeps a small record', () => {
    expect(
      slim({ labels: ['team', 'toString'] }, 'shop', { labels: { team: 'a', other: 'b' } }),
    ).toEqual({
      key: 'shop/db',
      namespace: 'shop',
      name: 'db',
      uid: 'u',
      createdAt: Date.UTC(2026, 10, 22),
      externalName: 'DB.Example.com.',
      target: 'db.example.com',
      ports: [],
      settings: PLAIN,
      invalidAnnotations: [],
      labels: { team: 'a' },
    });
  });

  it('keeps what annotations and the selector say, and of misspelt annotations a few names', () => {
    const annotated = (annotations: unknown, spec: object = {}) => {
      const object = {
        metadata: { namespace: 'shop', name: 'db', uid: 'u', ...created, annotations },
        spec: { type: 'ExternalName', externalName: 'db.example.com', ...spec },
      };
      const { unknownAnnotations, controller, hasSelector } =
        specOf(object, { labels: [], defaults: DEFAULTS }) ?? {};
      return { unknownAnnotations, controller, hasSelector };
    };
    const long = `externalname-monitor/${'x'.repeat(1_000)}`;
    const misspelt = ['externalname-monitor/intervall', 'external-name-monitor/interval', long];
    const others = [
      'externalname-monitor/interval',
      'example.com/interval',
      'interval',
      'x'.repeat(200_000),
    ];
    const keys = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '']));
    expect(annotated(keys([...misspelt, ...others])).unknownAnnotations).toEqual([
      ...misspelt.slice(0, 2),
      long.slice(0, 317),
    ]);
    const many = Array.from({ length: 9 }, (_, i) => `externalname-monitor/x${i}`);
    expect(annotated(keys(many)).unknownAnnotations).toEqual(many.slice(0, 4));
    expect(annotated({ 'tailscale.com/tailnet-fqdn': 'db.ts.net' }).controller).toBe('tailscale');
    const published = { 'external-dns.alpha.kubernetes.io/hostname': 'db.example.com' };
    expect(annotated(published).controller).toBe('external-dns');
    expect(annotated({}, { selector: { app: 'db' } }).hasSelector).toBe(true);
    for (const hostile of [undefined, null, 5, [], '', {}])
      expect(annotated(hostile, { selector: hostile })).toEqual({});
  });

  it('knows who wrote externalName: the manager that owns it, of several the last', () => {
    const owned = (manager: unknown, time: string, field = 'f:externalName') => ({
      manager,
      time,
      fieldsV1: { 'f:spec': { [field]: {} } },
    });
    const editor = (managedFields: unknown) => slim({}, 'shop', { managedFields })?.editedBy;
    const fields = [
      owned('helm', '2026-11-22T00:00:02Z'),
      owned('kubectl', '2026-11-22T00:00:03Z'),
      owned('argocd', '2026-11-22T00:00:01Z'),
      owned('controller', '2026-11-22T00:00:09Z', 'f:ports'),
    ];
    expect(editor(fields)).toBe('kubectl');
    expect(editor([owned('x'.repeat(500), '')])).toHaveLength(128);
    for (const hostile of [undefined, null, 'text', [null], [{ fieldsV1: 5 }], [owned(7, '')]])
      expect(editor(hostile)).toBeUndefined();
  });

  it('shares Services evenly among shards, each with one', () => {
    const uids = Array.from({ length: 3_000 }, () => randomUUID());
    const counts = [0, 1, 2].map(
      (index) => uids.filter((uid) => slim({ shard: { index, total: 3 } }, 'shop', { uid })).length,
    );
    expect(counts.reduce((sum, count) => sum + count)).toBe(3_000);
    for (const count of counts) expect(count).toBeGreaterThan(800);
  });

  it('keeps to the chosen namespaces', () => {
    expect(slim({ namespaces: ['shop'] }, 'shop')).toBeDefined();
    expect(slim({ namespaces: ['shop'] }, 'other')).toBeUndefined();
    expect(slim({ namespaces: ['shop'], excludeNamespaces: ['shop'] }, 'shop')).toBeUndefined();
  });
});

describe('chosenAndLinks', () => {
  const ALL: ServiceSelection = {
    namespaces: [],
    excludeNamespaces: [],
    labels: [],
    defaults: DEFAULTS,
    shard: { index: 0, total: 1 },
  };
  const objectOf = (name: string, externalName: string, type = 'ExternalName') => ({
    metadata: { namespace: 'shop', name, uid: `uid of ${name}` },
    spec: { type, externalName },
  });
  /** Two that lead to each other, an alias of an alias, and its target. */
  const objects = [
    objectOf('loop', 'back.shop.svc.cluster.local'),
    objectOf('back', 'loop.shop.svc.cluster.local'),
    objectOf('one', 'two.shop.svc.cluster.local'),
    objectOf('two', 'Three.shop.svc.cluster.local.'),
    objectOf('three', 'db.example.com'),
  ];

  it('gives of Services that are not chosen where they lead, and nothing of others', () => {
    const excluding = { ...ALL, excludeNamespaces: ['shop'] };
    for (const selection of [{ ...ALL, namespaces: ['other'] }, excluding]) {
      const { slim } = chosenAndLinks(selection);
      expect(slim(objectOf('db', 'DB.example.com.'))).toEqual({
        key: 'shop/db',
        uid: '',
        target: 'db.example.com',
      });
      expect(slim(objectOf('db', 'db.example.com', 'ClusterIP'))).toBeUndefined();
    }
    const { spec, ...link } = chosenAndLinks(ALL).slim(objectOf('db', 'DB.example.com')) ?? {};
    expect(link).toEqual({ key: 'shop/db', uid: 'uid of db', target: 'db.example.com' });
    expect(spec).toMatchObject({ key: 'shop/db', externalName: 'DB.example.com' });
  });

  it('shows loops and chains to a shard as they are', () => {
    const found = [0, 1, 2].flatMap((index) => {
      const { slim } = chosenAndLinks({ ...ALL, shard: { index, total: 3 } });
      const seen = objects.flatMap((object) => slim(object) ?? []);
      const links = new Map(seen.map((service) => [service.key, service]));
      const find = (key: string) => links.get(key);
      return seen.flatMap(({ spec }) =>
        spec
          ? [
              [
                spec.name,
                isInLoop(spec, 'cluster.local', find),
                finalTarget(spec.target, 'cluster.local', find),
              ],
            ]
          : [],
      );
    });
    expect(found).toHaveLength(objects.length);
    expect(found).toEqual(
      expect.arrayContaining([
        ['loop', true, expect.anything()],
        ['back', true, expect.anything()],
        ['one', false, 'db.example.com'],
        ['two', false, 'db.example.com'],
        ['three', false, 'db.example.com'],
      ]),
    );
  });
});

describe('ports', () => {
  const portsOf = (ports: unknown) =>
    externalNameServices({
      namespaces: [],
      excludeNamespaces: [],
      labels: [],
      defaults: DEFAULTS,
      shard: { index: 0, total: 1 },
    }).slim({
      metadata: { namespace: 'shop', name: 'db', uid: 'u' },
      spec: { type: 'ExternalName', externalName: 'db.example.com', ports },
    })?.ports;

  it('are kept as far as they tell something', () => {
    const ports = [
      { port: 5432, protocol: 'TCP', targetPort: 5432 },
      { port: 443, name: 'web', appProtocol: 'https', nodePort: 30_000 },
    ];
    expect(portsOf(ports)).toEqual([
      { port: 5432 },
      { port: 443, name: 'web', appProtocol: 'https' },
    ]);
  });

  it('are one array for all that have none', () => {
    const none = portsOf(undefined);
    expect(none).toEqual([]);
    for (const ports of [null, [], 'text', {}, 5, { length: 3 }]) expect(portsOf(ports)).toBe(none);
  });

  it('are bounded, and read with distrust', () => {
    const many = Array.from({ length: 5_000 }, (_, i) => ({ port: i + 1 }));
    expect(portsOf(many)).toHaveLength(32);
    const hostile = [
      null,
      7,
      'x',
      [],
      { port: '80' },
      { port: 80, name: 'x'.repeat(64), appProtocol: 9 },
      { port: 81, name: '', appProtocol: 'y'.repeat(1_000) },
    ];
    expect(portsOf(hostile)).toEqual([{ port: 80 }, { port: 81 }]);
  });
});
