import type { ProbeConfig } from '../../model/messages.ts';
import { steadyNow } from '../../model/time.ts';
import type { ServiceRecord } from '../../state/record.ts';
import type { Store } from '../../state/store.ts';
import { type Detail, type DetailSettings, detailOf } from './detail.ts';
import { type DomainGroup, Domains } from './domains.ts';
import { type FindingsPage, findingsPage, type WantedFindings } from './findings.ts';
import { type Page, ServiceList, type Wanted } from './list.ts';
import type { Row } from './row.ts';
import { type ServerView, serverViews } from './servers.ts';
import { type Summary, summaryOf } from './summary.ts';

/** The current state of Services and servers for the API and the pages. Read-only. */
export class ServiceViews {
  readonly #store: Store;
  readonly #settings: DetailSettings;
  readonly #domains: Domains;
  readonly #list: ServiceList;
  /** Of `--cluster-name`. */
  readonly clusterName: string | undefined;

  constructor(
    store: Store,
    { clusterDomain, servers, reference, convergenceDeadlineMs }: ProbeConfig,
    clusterName?: string,
  ) {
    this.clusterName = clusterName;
    this.#store = store;
    this.#domains = new Domains(clusterDomain);
    this.#list = new ServiceList(this.#domains);
    const references = reference?.servers ?? [];
    this.#settings = { clusterDomain, servers, references, convergenceDeadlineMs };
  }

  /** Called by the store for each changed record. */
  update(key: string, record: ServiceRecord | undefined): void {
    this.#domains.update(key, record);
    this.#list.update(key, record);
  }

  /** `folded`: groups with one row, so their Services that are down are left out. */
  services(wanted: Wanted, folded: readonly DomainGroup[] = [], now = steadyNow()): Page<Row> {
    return this.#list.page(wanted, folded, now);
  }

  service(namespace: string, name: string): Detail | undefined {
    const record = this.#store.records.get(`${namespace}/${name}`);
    if (!record) return undefined;
    const resolvers = this.#store.resolverAnswersFor(record.spec, steadyNow());
    return detailOf(record, this.#settings, this.#domains, resolvers);
  }

  /** Namespaces with a watched Service, sorted. */
  get namespaces(): readonly string[] {
    return this.#list.namespaces;
  }

  summary(now: number): Summary {
    const main = this.#settings.servers.map(({ label }) => label);
    const summary = summaryOf(this.#store, main, this.#domains, now);
    return this.clusterName === undefined ? summary : { cluster: this.clusterName, ...summary };
  }

  /**
   * Domains and targets that are one fault each and that take Services down. `blames`: from the
   * summary.
   */
  faults({ blames }: Pick<Summary, 'blames'>): readonly DomainGroup[] {
    return this.#domains.faults(blames).filter(({ down }) => down > 1);
  }

  servers(): readonly ServerView[] {
    return serverViews(this.#store, this.#settings.servers, this.#settings.references);
  }

  findings(wanted: WantedFindings): FindingsPage {
    return findingsPage(this.#list, wanted);
  }
}
