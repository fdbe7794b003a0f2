import type { Logger } from 'pino';
import { isTrouble, VERDICTS } from '../model/verdict.ts';
import type { ServiceRecord } from '../state/record.ts';

/** One line for each change of a Service's verdict, and none for a round without a change. */
export class VerdictLog {
  readonly #logger: Logger;
  readonly #verdicts = new Map<string, string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  update(key: string, record: ServiceRecord | undefined): void {
    if (!record) {
      this.#verdicts.delete(key);
      return;
    }
    const { verdict, blame, evidence } = record.diagnosis;
    const before = this.#verdicts.get(key) ?? 'pending';
    if (verdict === before) return;
    this.#verdicts.set(key, verdict);
    if (before === 'pending' && VERDICTS[verdict].state === 'good') return;
    const { namespace, name: service, externalName } = record.spec;
    const level = isTrouble(verdict) ? 'warn' : 'info';
    this.#logger[level](
      { namespace, service, externalName, verdict, blame, evidence, before },
      'verdict changed',
    );
  }
}
