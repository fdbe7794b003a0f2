import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../cluster/index.ts';
import { Barrier } from './barrier.ts';
import type { BlackboxViews } from './blackbox.ts';
import { expectedOf, type Judgement, judge, reachesOf, type Times, type Wrong } from './judge.ts';
import { keyOf, victimsOf } from './population.ts';
import { ADDITIONS, INTERVAL_MS, reachOf } from './reach.ts';
import type { Batch, Mend, Row } from './row.ts';
import type { Said } from './words.ts';
import { aliasNamed, type Watched, type World } from './world.ts';

/** The result of one row. */
export interface Result extends Judgement {
  readonly row: Row;
  readonly blackbox: BlackboxViews;
  /** The result of {@link Row.inspect}. */
  readonly measured?: string;
  /** Every difference from the row; empty is right. */
  readonly complaints: readonly string[];
}

/** Maximum number of victims that blackbox_exporter probes. */
const BLACKBOX_VICTIMS = 3;
/** Extra wait for a row that exceeds its limit, to measure by how much. */
const PATIENCE_MS = 15_000;

/**
 * Starts the faults of all rows of a batch at the same time, and ends them when all have been
 * detected; never rejects because of a row's result.
 */
export async function runBatch(world: World, batch: Batch): Promise<Result[]> {
  const victims = new Set(batch.flatMap((row) => victimsOf(row, world.services).map(keyOf)));
  // If outages of a Service follow each other within eight rounds, the monitor rightly reports
  // alternating rounds.
  if (!victims.isDisjointFrom(world.lastVictims)) await sleep(ADDITIONS.memory.ms);
  world.lastVictims = victims;
  await world.allUsual();
  const barriers = { allReady: new Barrier(batch.length), allSeen: new Barrier(batch.length) };
  return Promise.all(batch.map((row) => new Run(world, row, victims, barriers).result()));
}

/**
 * Points where the rows of a batch wait for each other: before the faults start, and before they
 * end.
 */
interface Barriers {
  readonly allReady: Barrier;
  readonly allSeen: Barrier;
}

/** One running row. */
class Run {
  readonly #world: World;
  readonly #row: Row;
  /** `namespace/name`. */
  readonly #victims: readonly string[];
  /** The victims of all rows of the batch. */
  readonly #allVictims: ReadonlySet<string>;
  readonly #barriers: Barriers;

  constructor(world: World, row: Row, allVictims: ReadonlySet<string>, barriers: Barriers) {
    this.#world = world;
    this.#row = row;
    this.#victims = victimsOf(row, world.services).map(keyOf);
    this.#allVictims = allVictims;
    this.#barriers = barriers;
  }

  async result(): Promise<Result> {
    const row = this.#row;
    await using own = new AsyncDisposableStack();
    const { blackbox, cluster } = this.#world;
    const probed =
      row.blackbox ??
      victimsOf(row, this.#world.services)
        .slice(0, BLACKBOX_VICTIMS)
        .map((name) => aliasNamed(name));
    let judged = this.#world.common;
    if (row.monitor && row.inject) {
      judged = own.use(await this.#world.monitor(row.monitor?.(this.#world)));
      await this.#world.allUsual(judged, this.#victims);
    }
    await this.#barriers.allReady.arrive();
    own.defer(blackbox.watch(probed, cluster.clusterDns));
    const startedAt = performance.now();
    let mend: Mend = () => {};
    let problem: string | undefined;
    let measured: string | undefined;
    try {
      if (row.inject) mend = await row.inject(this.#world);
      else judged = own.use(await this.#world.monitor(row.monitor?.(this.#world)));
    } catch (error) {
      problem = `Cannot break it: ${error}`;
    }
    const brokenAt = performance.now();
    await this.#waitFor(
      judged,
      (key) => expectedOf(row, this.#world.usual(key)),
      reachOf(row.detect ?? []),
    );
    await sleep((row.hold ?? 2) * INTERVAL_MS);
    try {
      measured = await row.inspect?.(this.#world, judged);
    } catch (error) {
      problem ??= String(error);
    }
    await this.#barriers.allSeen.arrive();
    const mendStartedAt = performance.now();
    try {
      await mend();
    } catch (error) {
      problem ??= `Cannot repair it: ${error}`;
      await this.#world.mend();
    }
    const mendedAt = performance.now();
    if (row.inject) {
      await this.#waitFor(
        judged,
        (key) => [row.usual ?? this.#world.usual(key)],
        reachOf(row.clear ?? []),
      );
      // The time after the first good round also belongs to the row.
      await sleep(INTERVAL_MS);
    }
    const times = { startedAt, brokenAt, mendStartedAt, mendedAt, endedAt: performance.now() };
    const judgement = this.#judge(judged, times);
    return {
      ...judgement,
      row,
      blackbox: blackbox.views(probed, brokenAt, mendStartedAt),
      ...(measured === undefined ? {} : { measured }),
      complaints: [...(problem ? [problem] : []), ...this.#complaints(judged, judgement, times)],
    };
  }

  /** Waits until the words for all victims are right, but not much longer than allowed. */
  async #waitFor(
    { watch }: Watched,
    right: (key: string) => readonly string[],
    rounds: number,
  ): Promise<void> {
    const isRight = (key: string): boolean => right(key).includes(watch.now(key) ?? 'gone');
    const options = { deadlineMs: rounds * INTERVAL_MS + PATIENCE_MS, everyMs: 50 };
    // If they are late, the judge reports it.
    await until('the victims', () => this.#victims.every(isRight), options).catch(() => {});
  }

  #judge(judged: Watched, times: Times): Judgement {
    const { common, usual } = this.#world;
    const others = Object.keys(this.#world.services)
      .map(keyOf)
      .filter((key) => !this.#allVictims.has(key));
    const judgement = judge(
      this.#row,
      { victims: this.#victims, others, usual },
      judged.watch.seen,
      times,
    );
    if (judged === common) return judgement;
    // The row does not test the common monitor, but its words must not be wrong either.
    const elsewhere = (keys: readonly string[], lawful: readonly Said[]): readonly Wrong[] => {
      const row = { ...this.#row, others: [...lawful, ...(this.#row.others ?? [])] };
      return judge(row, { victims: [], others: keys, usual }, common.watch.seen, times).others;
    };
    const ofVictims = elsewhere(this.#victims, this.#row.common ?? []);
    return { ...judgement, others: [...judgement.others, ...ofVictims, ...elsewhere(others, [])] };
  }

  #complaints(judged: Watched, judgement: Judgement, times: Times): string[] {
    const { detected, cleared, missed, wrong, others } = judgement;
    const reach = reachesOf(this.#row, judged.watch.seen, times);
    return [
      ...late('detected', detected, reach.detect, missed.detected),
      ...(this.#row.inject ? late('cleared', cleared, reach.clear, missed.cleared) : []),
      ...wrongs('victims', wrong),
      ...wrongs('others', others),
    ];
  }
}

function late(
  what: string,
  rounds: number | undefined,
  reach: number,
  missed: readonly string[],
): string[] {
  if (rounds === undefined)
    return [`not ${what}: ${missed.slice(0, 5).join(', ')}, ${missed.length} in all`];
  return rounds <= reach
    ? []
    : [`${what} after ${rounds.toFixed(1)} rounds; its reach is ${reach.toFixed(1)}`];
}

/** One line for each wrong verdict, with its Services. */
function wrongs(whose: string, list: readonly Wrong[]): string[] {
  return [...Map.groupBy(list, ({ words }) => words)].map(([words, of]) => {
    const who = of.slice(0, 5).map(({ key, after }) => `${key} after ${after.toFixed(1)} rounds`);
    const more = of.length > who.length ? ` and ${of.length - who.length} more` : '';
    return `of ${whose} it said "${words}": ${who.join(', ')}${more}`;
  });
}
