/** Mistakes in specs, and edits of specs. */
import {
  compareEarly,
  createEarly,
  EARLY,
  keepEditing,
  keepRetyping,
  untilSaid,
} from '../actions.ts';
import type { Batch, Row } from '../row.ts';
import { HEALTHY, PENDING, type Said } from '../words.ts';
import { aliasNamed, service, UNWATCHED } from '../world.ts';

const NXDOMAIN: Said = '0 target_nxdomain target';
const INVALID: Said = '0 invalid_target config';

const group = 'spec';

/** A Service that is edited to a target, and back. */
function edited(row: Pick<Row, 'name' | 'fault' | 'expected'> & Partial<Row>, target: string): Row {
  const name = row.name.replaceAll(/[^a-z0-9]+/g, '-');
  return {
    group,
    services: { [name]: `www.${name}.test` },
    inject: (world) => world.target(name, target),
    ...row,
  };
}

const dead = edited(
  {
    name: 'edited to a dead name',
    fault: 'a Service is edited to a name that does not exist',
    expected: [NXDOMAIN],
  },
  'nothing.fine-0.test',
);

const aliasOfDead: Row = {
  group,
  name: 'alias to alias to a dead name',
  fault: 'a Service that another one points to is edited to a name that does not exist',
  services: { 'dead-end': 'www.dead-end.test', 'to-dead-end': aliasNamed('dead-end') },
  expected: [NXDOMAIN],
  inject: (world) => world.target('dead-end', 'nothing.dead-end.test'),
};

const loop: Row = {
  group,
  name: 'loop of two',
  fault: 'two Services are edited to point to each other',
  services: { 'loop-a': 'www.loop-a.test', 'loop-b': 'www.loop-b.test' },
  expected: [INVALID],
  // Between the two edits, one Service is an alias of the other.
  inject: async (world) => {
    const mends = [
      await world.target('loop-a', aliasNamed('loop-b')),
      await world.target('loop-b', aliasNamed('loop-a')),
    ];
    return async () => {
      for (const mend of mends) await mend();
    };
  },
};

const self = edited(
  { name: 'alias of itself', fault: 'a Service is edited to its own name', expected: [INVALID] },
  aliasNamed('alias-of-itself'),
);

const unqualifiedSvc = edited(
  {
    name: 'unqualified ending in svc',
    fault: 'a target `backend-0.default.svc`, without the cluster domain',
    expected: [INVALID],
  },
  'backend-0.default.svc',
);

const unqualifiedTwo = edited(
  {
    name: 'unqualified with two labels',
    fault: 'a target `backend-0.default`',
    expected: [INVALID],
  },
  'backend-0.default',
);

const unqualifiedOne = edited(
  { name: 'unqualified with one label', fault: 'a target `backend-0`', expected: [INVALID] },
  'backend-0',
);

const noService = edited(
  {
    name: 'no such Service',
    fault: 'a target in the cluster’s zone that is no Service',
    expected: [NXDOMAIN],
  },
  aliasNamed('nothing'),
);

const headless: Row = {
  group,
  name: 'headless without endpoints',
  fault: 'a target is a headless Service of which no pod is ready',
  services: { 'to-headless': 'www.to-headless.test' },
  expected: [NXDOMAIN],
  inject: async (world) => {
    const object = service('headless');
    const spec = { clusterIP: 'None', ports: [{ port: 80 }] };
    await world.cluster.kube.create({ ...object, spec });
    const mend = await world.target('to-headless', aliasNamed('headless'));
    return async () => {
      await mend();
      await world.cluster.kube.delete(object);
    };
  },
};

const literal = edited(
  {
    name: 'an IPv4 address',
    fault: 'a target that is an IPv4 address',
    expected: [INVALID],
    detect: ['literal'],
  },
  '192.0.2.1',
);

const longLabel = edited(
  {
    name: 'a label of 64 bytes',
    fault:
      'a target with a label of 64 bytes, which the API server accepts and no DNS message can carry',
    expected: [INVALID],
  },
  `${'a'.repeat(64)}.fine-0.test`,
);

const LONGEST = ['a', 'b', 'c'].map((letter) => letter.repeat(63)).join('.');
const longName: Row = {
  ...edited(
    {
      name: 'a name of 253 bytes',
      fault: 'a target of 253 bytes that exists',
      expected: [HEALTHY],
      hold: 4,
    },
    `${LONGEST}.${'d'.repeat(253 - LONGEST.length - 1 - '.longest.test'.length)}.longest.test`,
  ),
  zones: {
    'longest.test': {
      [`${LONGEST}.${'d'.repeat(253 - LONGEST.length - 1 - '.longest.test'.length)}`]: [
        'A 192.0.2.16',
      ],
    },
  },
};

const trailingDot = edited(
  {
    name: 'a trailing dot',
    fault: 'a target is written with its last dot',
    expected: [HEALTHY],
    hold: 4,
  },
  'www.a-trailing-dot.test.',
);

const chainOfServices: Row = {
  group,
  name: 'chain of 12 Services',
  fault: 'a Service is edited to point to a chain of 11 more, the last of which leads outside',
  services: Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [
      `link-${i}`,
      i === 0 || i === 11 ? 'www.link.test' : aliasNamed(`link-${i + 1}`),
    ]),
  ),
  victims: ['link-0'],
  expected: ['0 app_view_broken cluster_dns'],
  note: 'CoreDNS follows 10 CNAMEs of its own and then drops the answer, without a word: from the second of the chain on it resolves.',
  inject: (world) => world.target('link-0', aliasNamed('link-1')),
};

const editing: Row = {
  group,
  name: 'an edit every 5 s',
  fault: 'a Service is edited every 5 s, to and fro between two targets that work',
  services: { 'every-5-s': 'www.every-5-s.test' },
  expected: [HEALTHY],
  hold: 10,
  inject: (world) => keepEditing(world, 'every-5-s', 5_000),
};

const flapping: Row = {
  group,
  name: 'flapping between types',
  fault: 'every 3 s a Service becomes ClusterIP, and ExternalName again',
  services: { flapping: 'www.flapping.test' },
  expected: [HEALTHY, 'gone', PENDING],
  hold: 10,
  inject: (world) => keepRetyping(world, 'flapping', 3_000),
};

const deleted: Row = {
  group,
  name: 'deleted while it fails',
  fault: 'a Service with a dead target is deleted',
  services: { deleted: 'www.deleted.test' },
  expected: ['gone'],
  meanwhile: [NXDOMAIN, PENDING],
  inject: async (world) => {
    await world.target('deleted', 'nothing.deleted.test');
    await untilSaid(world, 'deleted', NXDOMAIN);
    await world.cluster.kube.delete(service('deleted'));
    return () => world.create('deleted', world.services.deleted ?? '');
  },
};

/** Creates a Service with a target that has an address of one family. */
function oneFamily(name: string, family: string, record: string): Row {
  return {
    group,
    name: `${family}-only target`,
    fault: `a Service is created with a target that has an ${family} address only`,
    victims: [name],
    usual: 'gone',
    zones: { [`${name}.test`]: { one: [record] } },
    expected: [HEALTHY],
    meanwhile: [PENDING],
    inject: (world) => world.create(name, `one.${name}.test`),
  };
}

const v6Only: Row = {
  ...oneFamily('v6-only', 'IPv6', 'AAAA 2001:db8::14'),
  expected: ['0 target_no_address config'],
  where: { dual: { expected: [HEALTHY] }, ipv6: { expected: [HEALTHY] } },
};

const v4Only: Row = {
  ...oneFamily('v4-only', 'IPv4', 'A 192.0.2.14'),
  where: { ipv6: { expected: ['0 target_no_address config'] } },
};

const createdEarly: Row = {
  group,
  name: 'created before cluster DNS knows',
  fault:
    'a Service is created while CoreDNS, which caches the cluster’s zone, does not see it for 4 s',
  victims: [EARLY],
  blackbox: [aliasNamed(EARLY, UNWATCHED[1])],
  usual: 'gone',
  expected: [PENDING, HEALTHY],
  inject: createEarly,
  inspect: compareEarly,
};

export const SPEC_BATCHES: readonly Batch[] = [
  [
    dead,
    aliasOfDead,
    loop,
    self,
    unqualifiedSvc,
    unqualifiedTwo,
    unqualifiedOne,
    noService,
    headless,
  ],
  [literal, longLabel, longName, trailingDot, chainOfServices, deleted],
  [editing, flapping],
  [v6Only, v4Only],
  [createdEarly],
];
