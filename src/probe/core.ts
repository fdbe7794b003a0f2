import type { OpenAsker } from '../dns/resolver.ts';
import type { FaultReason, FromWorker, ProbeConfig, SkipReason } from '../model/messages.ts';
import type { Budget } from './budget.ts';
import type { Clock } from './clock.ts';
import type { Haste } from './mailbox.ts';
import type { Watched } from './watched.ts';

/** What all parts of the prober work with. */
export interface Core {
  readonly config: ProbeConfig;
  readonly clock: Clock;
  readonly open: OpenAsker;
  readonly budget: Budget;
  /** `haste`: `soon` unless it says something else. */
  readonly report: (message: FromWorker, haste?: Haste) => void;
  /** Counts a round that was due and is not asked. */
  readonly skip: (reason: SkipReason) => void;
  /** Reports an error of our own. */
  readonly fault: (reason: FaultReason, error: unknown, watched?: Watched) => void;
}
