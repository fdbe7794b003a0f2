/** A cluster as it is: 90 Services that work, and 25 aliases that have been dead for weeks. */
import { ServiceExposition } from '../../../src/metrics/exposition.ts';
import { SERVICE_FAMILIES } from '../../../src/metrics/service-families.ts';
import type { RestartReason } from '../../../src/model/informer.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { Round } from '../../../src/model/round.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import { targetOf } from '../../../src/model/service.ts';
import { lasting } from '../../../src/views/pages/numbers.ts';
import { isFolding, statusPage } from '../../../src/views/pages/status.ts';
import type { Headline } from '../../../src/views/services/headline.ts';
import type { Page, Wanted } from '../../../src/views/services/list.ts';
import type { Row } from '../../../src/views/services/row.ts';
import { FAILING, HEALTHY, MISSING, reportOf, result, silentOf } from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';
import { holdWithViews } from '../../fixtures/views.ts';

const START = Date.UTC(2026, 10, 24, 12);
const MINUTE_MS = 60_000;
const SERVER = '10.96.0.10:53';
export const HANGING: Round = {
  ...FAILING,
  target: { A: result('timeout'), AAAA: result('timeout') },
};
export const UNKNOWN: Round = {
  app: { A: result('nxdomain'), AAAA: result('nxdomain') },
  alias: result('nxdomain'),
};

/** A monitor that has run for an hour, and what happens next. */
export class Incident {
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
    return this.list({}).items[0]?.service;
  }

  list(wanted: Wanted): Page<Row> {
    return this.#held.views.services(wanted, [], this.now);
  }

  /** The status page, as a browser gets it. */
  page(wanted: Wanted = {}): string {
    const { views } = this.#held;
    const summary = views.summary(this.now);
    const folded = isFolding(wanted) ? views.faults(summary) : [];
    const page = views.services(wanted, folded, this.now);
    const { namespaces } = views;
    const servers = views.servers();
    const model = { summary, page, folded, wanted, namespaces, servers, version: '1' };
    return statusPage(model, this.now);
  }

  /** What /metrics has of the Services. */
  get metrics(): string {
    const { records } = this.#held.store;
    const shown = {
      clusterDomain: 'cluster.local',
      findingLevel: 'warning',
      now: () => this.now,
    } as const;
    return Array.from(new ServiceExposition(records, SERVICE_FAMILIES, shown).text(), String).join(
      '',
    );
  }

  /** What the status page says of it. */
  lastingOf(text: string): string {
    const [row] = this.list({ text }).items;
    return row ? lasting(row, this.now).text.replace(/<[^>]*>/g, '') : 'no such row';
  }
}

function targetOfLive(i: number): string {
  if (i < 30) return `t${i}.corp.example`;
  if (i < 42) return 'db.shared.example';
  return `t${i}.live-${i}.example`;
}

export const live = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `live-${from + i}`);
