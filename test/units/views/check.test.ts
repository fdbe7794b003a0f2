import { describe, expect, it } from 'vitest';
import { FINDINGS, type Finding, type Level } from '../../../src/model/finding.ts';
import { VERDICTS, type Verdict } from '../../../src/model/verdict.ts';
import { jsonOf } from '../../../src/views/check/json.ts';
import { junitOf } from '../../../src/views/check/junit.ts';
import {
  type CheckedService,
  type CheckReport,
  statusOf,
} from '../../../src/views/check/report.ts';
import { tableOf } from '../../../src/views/check/table.ts';

function checked(service: string, change: Partial<CheckedService> = {}): CheckedService {
  return {
    namespace: 'shop',
    service,
    externalName: `${service}.example.com`,
    up: 1,
    verdict: 'healthy',
    blame: 'none',
    findings: [],
    addresses: ['192.0.2.1'],
    chain: [],
    invalidAnnotations: [],
    ...change,
  };
}

const GONE = { up: 0, verdict: 'target_nxdomain', blame: 'target', addresses: [] } as const;
const DEGRADED = { up: 1, verdict: 'degraded', blame: 'target' } as const;
const found = (rule: Finding['rule'], detail?: string): Pick<CheckedService, 'findings'> => ({
  findings: [{ rule, level: FINDINGS[rule].level, ...(detail ? { detail } : {}) }],
});

function report(
  services: readonly CheckedService[],
  change: Partial<CheckReport> = {},
): CheckReport {
  return { services, unusable: [], disabled: 0, failOn: 'warning', notes: [], ...change };
}

const table = (given: CheckReport): string =>
  tableOf(given, (text) => text, { runbookUrl: 'https://runbooks.test' });

describe('the exit status', () => {
  it.each<[string, Partial<CheckedService>, Record<Level, number>]>([
    ['healthy', {}, { info: 0, warning: 0, critical: 0 }],
    ['no address', GONE, { info: 1, warning: 1, critical: 1 }],
    ['degraded', DEGRADED, { info: 1, warning: 1, critical: 0 }],
    ['an info', found('single_address'), { info: 1, warning: 0, critical: 0 }],
    ['a warning', found('in_cluster_target'), { info: 1, warning: 1, critical: 0 }],
    ['a critical finding', found('metadata_answer'), { info: 1, warning: 1, critical: 1 }],
    [
      'not resolved',
      { verdict: 'pending', unresolved: 'why' },
      { info: 0, warning: 0, critical: 0 },
    ],
    ['unknown', { verdict: 'unknown', blame: 'monitor' }, { info: 2, warning: 2, critical: 2 }],
  ])('of %s follows --fail-on', (_what, change, expected) => {
    const of = (failOn: Level): number => statusOf(report([checked('a', change)], { failOn }));
    expect({ info: of('info'), warning: of('warning'), critical: of('critical') }).toEqual(
      expected,
    );
  });

  it('is 1 for a document that cannot be read, and 0 for nothing at all', () => {
    const unusable = [{ file: 'a.yaml', line: 1, message: 'broken' }];
    expect(statusOf(report([], { unusable }))).toBe(1);
    expect(statusOf(report([]))).toBe(0);
  });
});

describe('the table', () => {
  it('has the worst first, and advice on each word once', () => {
    const text = table(
      report([
        checked('fine', found('single_address')),
        checked('slow', DEGRADED),
        checked('old', GONE),
        checked('older', {
          ...GONE,
          ...found('dangling_claimable', 'x.azurewebsites.net (Azure)'),
        }),
      ]),
    );
    expect(text).toBe(`SERVICE     TARGET             VERDICT          BLAME   FINDINGS
shop/old    old.example.com    target_nxdomain  target  -
shop/older  older.example.com  target_nxdomain  target  dangling_claimable: x.azurewebsites.net (Azure)
shop/slow   slow.example.com   degraded         target  -
shop/fine   fine.example.com   healthy          none    -

target_nxdomain: ${VERDICTS.target_nxdomain.meaning}
    ${VERDICTS.target_nxdomain.advice}
degraded: ${VERDICTS.degraded.meaning}
    ${VERDICTS.degraded.advice}
dangling_claimable: ${FINDINGS.dangling_claimable.meaning}
    ${FINDINGS.dangling_claimable.advice}

4 ExternalName Services, 3 problems

Next: externalname-monitor explain target_nxdomain degraded dangling_claimable
Runbook: https://runbooks.test/ExternalNameServiceDanglingTarget.md
`);
  });

  it('says where a manifest stands, what could not be resolved, and what not read', () => {
    const pending: { verdict: Verdict } = { verdict: 'pending' };
    const place = { file: 'a.yaml', line: 7 };
    const text = table(
      report([checked('a', { ...pending, place, unresolved: 'nobody was asked' })], {
        unusable: [{ file: 'b.yaml', line: 2, message: 'Cannot read a document: x' }],
        disabled: 1,
      }),
    );
    expect(text).toContain('shop/a   a.example.com  not resolved  -      -         a.yaml:7\n');
    expect(text).toContain('\nb.yaml:2: Cannot read a document: x\n');
    expect(text).toContain('\nnot resolved: nobody was asked\n');
    expect(text).toMatch(
      /\n1 ExternalName Service, 0 problems, 1 not resolved, 1 disabled by annotation, 1 unusable document\n\nNext: correct the unusable documents and check again\n$/,
    );
  });

  it('lets nothing through that a terminal would obey', () => {
    const evil = '\u001b[2J\u202e\u0007\n\tx';
    const text = table(
      report(
        [
          checked('a', {
            externalName: evil,
            place: { file: evil, line: 1 },
            ...found('loop', evil),
          }),
        ],
        { unusable: [{ file: evil, line: 1, message: evil }] },
      ),
    );
    expect(text.replaceAll('\n', '')).toMatch(/^[\x20-\x7e]*$/);
    expect(text).toContain('loop: ?[2J????x');
  });

  it('tells of annotations with a bad value', () => {
    const text = table(report([checked('a', { invalidAnnotations: ['interval'] })]));
    expect(text).toContain('bad value of externalname-monitor/interval');
  });
});

describe('the JSON output', () => {
  it('sums up, and says of each Service what is wrong and what to do', () => {
    const given = report([checked('fine'), checked('old', { ...GONE, ...found('loop', 'x') })]);
    expect(JSON.parse(jsonOf(given))).toEqual({
      summary: {
        services: 2,
        problems: 1,
        unresolved: 0,
        disabled: 0,
        unusable: 0,
        failOn: 'warning',
      },
      services: [
        expect.objectContaining({
          namespace: 'shop',
          service: 'old',
          up: 0,
          verdict: 'target_nxdomain',
          blame: 'target',
          advice: VERDICTS.target_nxdomain.advice,
          problem: true,
          findings: [
            {
              rule: 'loop',
              level: 'critical',
              detail: 'x',
              meaning: FINDINGS.loop.meaning,
              advice: FINDINGS.loop.advice,
            },
          ],
        }),
        expect.objectContaining({ service: 'fine', up: 1, problem: false, findings: [] }),
      ],
      unusable: [],
    });
  });

  it('has null for an up that is not known', () => {
    const { up: _up, ...rest } = checked('a', { verdict: 'pending', unresolved: 'why' });
    const [service] = JSON.parse(jsonOf(report([rest]))).services;
    expect(service).toMatchObject({ up: null, unresolved: 'why', problem: false });
    expect(service).not.toHaveProperty('advice');
  });
});

describe('the JUnit output', () => {
  it('counts failures, errors and what was skipped', () => {
    const text = junitOf(
      report(
        [
          checked('fine'),
          checked('old', GONE),
          checked('left', { verdict: 'pending', unresolved: 'why' }),
          checked('lost', { verdict: 'unknown', blame: 'monitor' }),
        ],
        { unusable: [{ file: 'a.yaml', line: 3, message: 'broken' }] },
      ),
    );
    expect(text).toContain('<testsuites tests="5" failures="1" errors="2" skipped="1">');
    expect(text).toContain(
      '<testcase classname="shop" name="old">\n      <failure type="target_nxdomain"',
    );
    expect(text).toContain(
      '<testcase classname="manifests" name="a.yaml:3" file="a.yaml" line="3">',
    );
    expect(text).toContain('<skipped message="why">');
    expect(text).toContain('<error type="unknown"');
  });

  it('shows a finding below --fail-on without failing', () => {
    const text = junitOf(report([checked('fine', found('single_address', '192.0.2.1'))]));
    expect(text).toContain('failures="0"');
    expect(text).toContain('info single_address: 192.0.2.1</system-out>');
  });

  it('escapes what XML would take for its own, and replaces what it does not allow', () => {
    const evil = `</system-out>"'&<!--\u0000\u001b\ud800\uffff`;
    const text = junitOf(report([checked('a', { externalName: evil, ...found('loop', evil) })]));
    expect(text).not.toContain(evil);
    expect(text).toContain('&lt;/system-out&gt;&quot;&#39;&amp;&lt;!--\ufffd\ufffd\ufffd\ufffd');
  });
});
