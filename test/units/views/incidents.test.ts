/** Incidents on a cluster as it is: 90 Services that work, and 25 aliases that have been dead for weeks. The new one is named first. */
import { describe, expect, it } from 'vitest';
import type { RestartReason } from '../../../src/model/informer.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { Round } from '../../../src/model/round.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import { targetOf } from '../../../src/model/service.ts';
import { lasting } from '../../../src/views/pages/numbers.ts';
import type { Headline } from '../../../src/views/services/headline.ts';
import {
  FAILING,
  HEALTHY,
  MISSING,
  ok,
  reportOf,
  result,
  silentOf,
} from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';
import { holdWithViews } from '../../fixtures/views.ts';

const START = Date.UTC(2026, 10, 24, 12);
const MINUTE_MS = 60_000;
const SERVER = '10.96.0.10:53';
const HANGING: Round = { ...FAILING, target: { A: result('timeout'), AAAA: result('timeout') } };
const UNKNOWN: Round = {
  app: { A: result('nxdomain'), AAAA: result('nxdomain') },
  alias: result('nxdomain'),
};

/** A monitor that has run for an hour, and what happens next. */
class Incident {
  readonly #held = holdWithViews();
  readonly #specs = new Map<string, ServiceSpec>();
  now = START;

  constructor() {
    this.listed();
    this.control('ok');
    // 30 of those that work lead into one domain, 12 to one target, 24 to one provider.
    for (let i = 0; i < 90; i++) this.#add(`live-${i}`, targetOfLive(i), HEALTHY);
    for (let i = 0; i < 25; i++) this.#add(`dead-${i}`, `gone.dead-${i}.example`, MISSING);
    this.pass(30);
    this.listed();
    this.control('ok');
  }

  pass(minutes: number): void {
    this.now += minutes * MINUTE_MS;
  }

  listed(failure?: RestartReason): void {
    const at = this.now;
    this.#held.store.informerChanged({
      synced: true,
      connected: failure === undefined,
      lastContactAt: at,
      lastListAt: at,
      failure,
    });
  }

  control(outcome: Outcome, seconds = 0.001): void {
    const timed = outcome === 'ok' ? { seconds } : {};
    const report = { type: 'control', server: SERVER, endedAt: this.now } as const;
    this.#held.store.sensed({ ...report, result: result(outcome, timed) });
  }

  #add(name: string, externalName: string, round: Round): void {
    const spec = specOf(name, { externalName });
    this.#specs.set(name, spec);
    this.#held.store.seen(spec, false, this.now);
    this.round(name, round);
  }

  round(name: string, round: Round): void {
    this.#held.store.round(reportOf(this.#spec(name), round, this.now), this.now);
  }

  silent(name: string): void {
    this.#held.store.round(silentOf(this.#spec(name), this.now), this.now);
  }

  edit(name: string, externalName: string, editedBy: string): void {
    const spec = { ...this.#spec(name), externalName, target: targetOf(externalName), editedBy };
    this.#specs.set(name, spec);
    this.#held.store.seen(spec, true, this.now);
  }

  #spec(name: string): ServiceSpec {
    return this.#specs.get(name) ?? specOf(name);
  }

  get names(): readonly string[] {
    return [...this.#specs.keys()];
  }

  get headline(): Headline {
    return this.#held.views.summary(this.now).headline;
  }

  get firstRow(): string | undefined {
    return this.#held.views.services({}).items[0]?.service;
  }

  /** What the status page says of it. */
  lastingOf(text: string): string {
    const [row] = this.#held.views.services({ text }).items;
    return row ? lasting(row, this.now).text.replace(/<[^>]*>/g, '') : 'no such row';
  }
}

function targetOfLive(i: number): string {
  if (i < 30) return `t${i}.corp.example`;
  if (i < 42) return 'db.shared.example';
  return `t${i}.live-${i}.example`;
}

const live = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `live-${from + i}`);

describe('how long a Service has been as it is', () => {
  it('runs from its first bad round, and is at least so long where that was its first of all', () => {
    const incident = new Incident();
    incident.round('live-80', MISSING);
    incident.pass(2);
    incident.round('live-80', HANGING);
    incident.pass(1);
    expect(incident.lastingOf('live-80')).toBe('3 min');
    expect(incident.lastingOf('dead-3')).toBe('over 33 min');
    expect(incident.lastingOf('live-81')).toBe('33 min');
    incident.round('live-80', HEALTHY);
    incident.pass(5);
    expect(incident.lastingOf('live-80')).toBe('5 min');
  });

  it('begins again when what was degraded is down', () => {
    const incident = new Incident();
    incident.round('live-80', { ...HEALTHY, target: FAILING.target ?? {} });
    incident.pass(9);
    expect(incident.lastingOf('live-80')).toBe('9 min');
    incident.round('live-80', MISSING);
    expect(incident.lastingOf('live-80')).toBe('0 s');
    incident.pass(1);
    expect(incident.headline.text).toMatch(/^shop\/live-80: /);
  });
});

describe('the first sentence names', () => {
  it('nothing new while there is nothing new', () => {
    const incident = new Incident();
    expect(incident.headline.text).toBe('25 Services do not resolve because of their targets.');
  });

  it('a domain that hangs', () => {
    const incident = new Incident();
    for (const name of live(0, 30)) incident.round(name, HANGING);
    expect(incident.headline).toEqual({
      level: 'critical',
      text: '30 Services in one domain, corp.example, stopped resolving in the last 15 minutes because of their targets. 25 other Services do not resolve.',
      affected: 30,
    });
    expect(incident.firstRow).toMatch(/^live-/);
    incident.pass(20);
    expect(incident.headline.text).toContain('stopped resolving in the last hour because');
    incident.pass(60);
    incident.listed();
    incident.control('ok');
    expect(incident.headline.text).toContain('30 Services in one domain, corp.example, do not');
  });

  it('a domain, though fewer fail than have been dead for weeks', () => {
    const incident = new Incident();
    for (const name of live(0, 16)) incident.round(name, HANGING);
    expect(incident.headline.text).toMatch(/^16 Services in one domain, corp\.example, stopped/);
  });

  it('upstream DNS', () => {
    const incident = new Incident();
    for (const name of live(0, 90)) incident.round(name, FAILING);
    expect(incident.headline.text).toMatch(
      /^90 Services stopped resolving in the last 15 minutes because of the resolvers that cluster DNS forwards to/,
    );
  });

  it('the edit of 15 Services to a name that does not exist', () => {
    const incident = new Incident();
    for (const [i, name] of live(50, 65).entries())
      incident.edit(name, `db${i}.exmaple.com`, 'helm');
    incident.pass(2);
    for (const name of live(50, 65)) incident.round(name, MISSING);
    expect(incident.headline.text).toMatch(
      /^15 Services that helm edited stopped resolving in the last 15 minutes/,
    );
  });

  it('cluster DNS that has lost three Services', () => {
    const incident = new Incident();
    for (let round = 0; round < 4; round++) {
      incident.pass(1);
      incident.listed();
      for (const name of live(60, 63)) incident.round(name, UNKNOWN);
    }
    expect(incident.headline.text).toMatch(
      /^3 Services stopped resolving in the last 15 minutes because of cluster DNS/,
    );
    expect(incident.firstRow).toMatch(/^live-6[0-2]$/);
  });

  it('cluster DNS that is silent, or has lost its zone', () => {
    const incident = new Incident();
    incident.control('timeout');
    for (const name of incident.names) incident.silent(name);
    expect(incident.headline.text).toMatch(/^Cluster DNS at 10\.96\.0\.10 is not answering: /);
    const servfail = new Incident();
    servfail.control('servfail');
    expect(servfail.headline.text).toMatch(/^Cluster DNS at 10\.96\.0\.10 is failing \(servfail\)/);
  });

  it('a target that answers with the metadata address of the cloud, although all resolve', () => {
    const incident = new Incident();
    const app = { A: ok('169.254.169.254'), AAAA: result('bare_cname') };
    incident.round('live-70', { ...HEALTHY, app, target: { ...HEALTHY.target, A: app.A } });
    expect(incident.headline).toMatchObject({ level: 'critical', affected: 1 });
    expect(incident.headline.text).toMatch(/^shop\/live-70/);
  });

  it('one address family that hangs for 24 Services', () => {
    const incident = new Incident();
    const timeout = result('timeout');
    for (const name of live(50, 74))
      incident.round(name, {
        ...HEALTHY,
        app: { A: ok('192.0.2.1'), AAAA: timeout },
        target: { A: ok('192.0.2.1'), AAAA: timeout },
      });
    expect(incident.headline.text).toMatch(/^24 Services became degraded in the last 15 minutes/);
  });

  it('cluster DNS that is slow for all', () => {
    const incident = new Incident();
    incident.control('ok', 0.401);
    for (const name of live(0, 90))
      incident.round(name, { ...HEALTHY, alias: result('ok', { seconds: 0.4 }) });
    expect(incident.headline).toMatchObject({ level: 'warning', affected: 90 });
    expect(incident.headline.text).toBe(
      'Cluster DNS at 10.96.0.10 is slow: 401 ms for a name in the cluster. 90 Services affected.',
    );
  });

  it('the API server that refuses the monitor, at once', () => {
    const incident = new Incident();
    incident.listed('forbidden');
    expect(incident.headline).toMatchObject({ level: 'warning' });
    expect(incident.headline.text).toMatch(/^The monitor cannot watch Services \(403: RBAC/);
    incident.listed('server_error');
    expect(incident.headline.text).toMatch(/^25 Services do not resolve/);
  });

  it('one target of 12 Services', () => {
    const incident = new Incident();
    for (const name of live(30, 42)) incident.round(name, MISSING);
    expect(incident.headline.text).toMatch(
      /^12 Services with one target, db\.shared\.example, stopped resolving in the last 15 minutes/,
    );
  });

  it('one Service that has just failed', () => {
    const incident = new Incident();
    incident.round('live-80', MISSING);
    expect(incident.headline.text).toMatch(/^shop\/live-80: The target does not exist/);
    expect(incident.headline.text).toContain('Since the last 15 minutes.');
    expect(incident.firstRow).toBe('live-80');
  });
});
