import { describe, expect, it, test } from 'vitest';
import type { BLAMES, VERDICTS } from '../../../src/model/verdict.ts';
import { html, name, visible } from '../../../src/views/pages/html.ts';
import { dashboardLink, runbookLink, statusLink } from '../../../src/views/pages/links.ts';
import { millis, spanText } from '../../../src/views/pages/numbers.ts';
import { servicePage } from '../../../src/views/pages/service.ts';
import { spoken } from '../../../src/views/pages/sparkline.ts';
import { statusPage } from '../../../src/views/pages/status.ts';
import type { Wanted } from '../../../src/views/services/list.ts';
import {
  exchange,
  FAILING,
  HEALTHY,
  MISSING,
  ok,
  reportOf,
  result,
  untimed,
} from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';
import { holdWithViews } from '../../fixtures/views.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const LINKS = { runbookUrl: 'https://runbooks.example.com/' };

describe('html', () => {
  it('escapes texts, also in lists and attributes, and leaves out what is absent', () => {
    const hostile = `"><script>alert('1')</script>&`;
    const { text } =
      html`<p title="${hostile}">${[hostile, html`<b>${hostile}</b>`]}${undefined}${false}${0}</p>`;
    const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;';
    expect(text).toBe(`<p title="${escaped}">${escaped}<b>${escaped}</b>0</p>`);
  });

  it('does not take an object that looks like HTML for it', () => {
    const fake = { text: '<script>' } as unknown as string;
    expect(() => html`${fake}`.text).toThrow(TypeError);
  });

  it.each([
    ['an override of direction', 'a\u202egnp.exe', 'a⟨U+202E⟩gnp.exe'],
    ['isolates', '\u2066x\u2069', '⟨U+2066⟩x⟨U+2069⟩'],
    [
      'controls',
      'a\0\x1b[31mb\x7f\x9b\r\n\t',
      'a⟨U+0000⟩⟨U+001B⟩[31mb⟨U+007F⟩⟨U+009B⟩⟨U+000D⟩⟨U+000A⟩⟨U+0009⟩',
    ],
    ['what has no width', 'a\u200b\u200d\ufeff\u00adb', 'a⟨U+200B⟩⟨U+200D⟩⟨U+FEFF⟩⟨U+00AD⟩b'],
    ['other blanks', 'a\u00a0b\u3000c\u3164d\u2800', 'a⟨U+00A0⟩b⟨U+3000⟩c⟨U+3164⟩d⟨U+2800⟩'],
    ['tags and private use', '\u{e0041}\u{f0000}\ue000', '⟨U+E0041⟩⟨U+F0000⟩⟨U+E000⟩'],
    ['half a pair', 'a\ud800b', 'a⟨U+D800⟩b'],
    ['line separators', '\u2028\u2029', '⟨U+2028⟩⟨U+2029⟩'],
  ])('shows %s', (_what, text, shown) => {
    expect(visible(text)).toBe(shown);
    expect(name(text).text).toContain(shown);
  });

  it('leaves letters of all scripts alone, and keeps them from turning what is beside them', () => {
    for (const text of ['db.example.com', 'bücher.example', 'דוגמה.example', '例え.テスト']) {
      expect(name(text).text).toBe(`<bdi>${text}</bdi>`);
    }
  });
});

test.each([
  [0.00004, '0.04'],
  [0.00123, '1.2'],
  [0.0096, '9.6'],
  [0.3049, '305'],
  [12.3456, '12,346'],
])('%d seconds are %s milliseconds', (seconds, text) => {
  expect(millis(seconds)).toBe(text);
});

test.each([
  [-5, '0 s'],
  [119_999, '119 s'],
  [120_000, '2 min'],
  [7_199_999, '119 min'],
  [7_200_000, '2 h'],
  [172_800_000, '2 d'],
])('%d ms are %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});

test('a sparkline is said in words', () => {
  expect(spoken([])).toBe('nothing measured yet');
  expect(spoken([null, null])).toBe('no reply in 2 rounds');
  expect(spoken([0.001, 0.3, 0.002, null])).toBe(
    'median 2 ms, slowest 300 ms, no reply in 1 of 4 rounds',
  );
});

describe('links', () => {
  it('hold the state but for defaults, and begin at the first page when it changes', () => {
    const wanted: Wanted = {
      verdict: ['degraded', 'unknown'],
      text: 'a&b',
      page: 3,
      sort: 'state',
    };
    expect(statusLink({ ...wanted, verdict: [], text: '', page: 1 })).toBe('./');
    expect(statusLink(wanted)).toBe('?text=a%26b&verdict=degraded&verdict=unknown');
    expect(statusLink(wanted, { page: 4 })).toMatch(/&page=4$/);
  });

  it('lead to the runbook of the alert, and to none where nothing is wrong', () => {
    const of = (verdict: keyof typeof VERDICTS, blame: keyof typeof BLAMES, up: 0 | 1) =>
      runbookLink({ verdict, blame, up }, LINKS)?.replace(LINKS.runbookUrl, '');
    expect(of('healthy', 'none', 1)).toBeUndefined();
    expect(of('target_failing', 'upstream_dns', 0)).toBe('ExternalNameUpstreamDnsFailing.md');
    expect(of('invalid_target', 'config', 0)).toBe('ExternalNameServiceUnresolvable.md');
    expect(of('degraded', 'target', 1)).toBe('ExternalNameServiceDegraded.md');
  });

  it('choose the Service in the dashboard, beside what its URL has', () => {
    const link = (dashboardUrl?: string) => dashboardLink('a&b', 'c', { ...LINKS, dashboardUrl });
    expect(link()).toBeUndefined();
    expect(link('https://g.example.com/d/x?orgId=1')).toBe(
      'https://g.example.com/d/x?orgId=1&var-namespace=a%26b&var-service=c',
    );
  });
});

const HOSTILE = `</script><img src=x onerror=alert(1)>"'\u202e\x1b[2J`;

const GROUP = {
  services: 4,
  failing: 3,
  down: 3,
  blame: 'target',
  verdict: 'target_failing',
  since: new Date(NOW),
} as const;

/** The pages of a Service of which everything that others write is hostile. */
function hostilePages(): string[] {
  const { store, views } = holdWithViews();
  const hostile = specOf('x', {
    key: `n/${HOSTILE}`,
    namespace: 'n',
    name: HOSTILE,
    externalName: HOSTILE,
    target: HOSTILE,
    labels: { [HOSTILE]: HOSTILE },
  });
  store.seen(hostile, false, NOW);
  const chain = [{ name: `v=spf1 ${HOSTILE}`, ttl: 5 }];
  const exchanges = [exchange('udp', 'ok')];
  const evil = { addresses: [HOSTILE], chain, exchanges, server: HOSTILE, ttl: 1 };
  const round = {
    app: { A: result('ok', evil) },
    alias: result('mismatch', { chain }),
    target: { A: result('ok', evil), AAAA: result('servfail', evil) },
  };
  store.round(reportOf(hostile, round, NOW), NOW);
  store.round(reportOf(hostile, FAILING, NOW + 1), NOW + 1);
  store.seen({ ...hostile, externalName: `2${HOSTILE}`, editedBy: HOSTILE }, false, NOW + 2);
  const detail = views.service('n', HOSTILE);
  if (!detail) throw new Error('Cannot test: the Service is not there');
  const model = {
    summary: {
      ...views.summary(NOW),
      searchPathWildcards: [
        { domain: HOSTILE, since: new Date(NOW), name: HOSTILE, addresses: [HOSTILE] },
      ],
    },
    page: views.services({}),
    folded: [{ ...GROUP, domain: HOSTILE }],
    wanted: { text: HOSTILE, namespace: [HOSTILE] },
    namespaces: [HOSTILE],
    servers: [{ server: HOSTILE, role: 'pod', answers: false, failing: 0 }] as const,
    version: HOSTILE,
  };
  return [statusPage(model, NOW), servicePage({ detail, links: LINKS, version: '1' }, NOW)];
}

describe('what others write', () => {
  it.each(hostilePages().map((page, i) => [['status', 'service'][i], page] as const))(
    'is never markup on the %s page, and nothing of it is hidden',
    (_which, page) => {
      expect(page.match(/&lt;img src=x onerror=alert\(1\)&gt;/g)?.length).toBeGreaterThan(3);
      expect(page).not.toMatch(/<img|<script(?! type="module" src="[./]*assets)/);
      for (const hidden of ['\u202e', '\x1b']) expect(page).not.toContain(hidden);
      expect(page).toContain('⟨U+202E⟩');
      // An attribute that was broken out of.
      expect(page.replace(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\son\w+=/);
      // Neither style nor script in the markup, which the policy would refuse.
      expect(page).not.toMatch(/<style|\sstyle=|<script>|href="javascript:/);
    },
  );
});

describe('the status page', () => {
  it('says which search domain answers for any name', () => {
    const { store, views } = holdWithViews();
    const page = () =>
      statusPage(
        {
          summary: views.summary(NOW),
          page: views.services({}),
          folded: [],
          wanted: {},
          namespaces: [],
          servers: [],
          version: '1',
        },
        NOW,
      );
    expect(page()).not.toContain('Search domain');
    const report = { type: 'search_domain', domain: 'corp.example', results: [], endedAt: NOW };
    const example = { name: 'x.corp.example', addresses: ['192.0.2.7', '192.0.2.8'] };
    store.searchDomain({ ...report, type: 'search_domain', wildcard: true, example });
    expect(page()).toMatch(
      /corp\.example<[^>]*> answers for any name \(.*192\.0\.2\.7.* and 1 more\)/,
    );
  });
});

describe('the page of a Service', () => {
  const pageOf = (round: typeof HEALTHY): string => {
    const { store, views } = holdWithViews();
    const spec = specOf('db');
    store.seen(spec, false, NOW - 60_000);
    store.round(reportOf(spec, HEALTHY, NOW - 50_000), NOW - 50_000);
    for (const at of [NOW - 2_000, NOW - 1_000]) store.round(reportOf(spec, round, at), at);
    const detail = views.service('shop', 'db');
    return detail ? servicePage({ detail, links: LINKS, version: '1' }, NOW) : '';
  };
  const statesOf = (page: string) =>
    [...page.matchAll(/<li class="(ok|impaired|broken|unknown)"/g)].map(([, state]) => state);

  it('marks where the path is broken, and what is behind it as not reached', () => {
    const page = pageOf(MISSING);
    expect(statesOf(page)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'broken']);
    expect(page.match(/aria-current="step"/g)).toHaveLength(1);
    expect(page).toContain('Target does not exist');
    expect(page).toContain(
      'href="https://runbooks.example.com/ExternalNameServiceDanglingTarget.md"',
    );
    expect(statesOf(pageOf(FAILING))).toEqual(['ok', 'ok', 'ok', 'ok', 'broken', 'unknown']);
  });

  it('says that there was no reply only where there was none', () => {
    expect(pageOf({ ...HEALTHY, target: { A: result('timeout') } })).toContain('>no reply</td>');
    const replied = untimed(result('servfail'));
    expect(pageOf({ ...HEALTHY, target: { A: replied } })).not.toContain('no reply');
    const past = pageOf({ ...FAILING, target: { A: replied, AAAA: replied } });
    expect(past).toContain('</span> servfail</li>');
  });

  it('says why a target has no address, and when pods see it again', () => {
    const negative = { zone: 'example.com', ttl: 30, minimum: 900 };
    const gone = result('nxdomain', { negative });
    const filtered = result('nxdomain', { extendedErrors: [{ code: 17, text: 'list <3>' }] });
    const page = pageOf({ ...MISSING, target: { A: gone, AAAA: filtered } });
    expect(page).toContain(
      '<bdi>example.com</bdi></span> after 15 min at the latest: resolvers may keep the negative answer for so long. 30 s of that is cluster DNS.',
    );
    expect(page).toContain('<strong>Reason:</strong> filtered, as the client');
    expect(page).toContain('(EDE 17)</span> "<bdi>list &lt;3&gt;</bdi>"');
    // AAAA of a target that is IPv4 only is negative, too.
    const well = pageOf({ ...HEALTHY, target: { A: ok('192.0.2.1'), AAAA: gone } });
    expect(well).not.toContain('When it will work again');
  });

  it('has nothing broken and no runbook where all is well', () => {
    const page = pageOf({ ...HEALTHY, target: { A: ok('192.0.2.1', '192.0.2.2') } });
    expect(statesOf(page)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok']);
    expect(page).not.toContain('Runbook');
    expect(page).toContain('<bdi>192.0.2.2</bdi>');
    expect(page).toMatch(/dig @10\.96\.0\.10 \+noedns -t A/);
  });
});
