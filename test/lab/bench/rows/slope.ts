import type { Row } from '../row.ts';

const [FEW, MANY] = [2_000, 10_000];

export const slope: Row = {
  name: 'slope',
  title: `Slope from ${FEW} to ${MANY} Services`,
  async run(lab) {
    // One after the other: together they would compete for the measured CPU.
    const few = await lab.watch(FEW);
    const many = await lab.watch(MANY);
    const kilobytes = ((many.rssMiB - few.rssMiB) * 1024) / (MANY - FEW);
    return [
      {
        what: 'CPU per query',
        measured: `${many.microsPerQuery.toFixed(0)} µs at ${MANY}`,
        reference: `${few.microsPerQuery.toFixed(0)} µs at ${FEW}`,
        value: many.microsPerQuery / few.microsPerQuery,
        unit: 'of it',
        limit: 1,
      },
      {
        what: `memory a Service${many.histograms ? '' : ', histograms off'}`,
        measured: `${kilobytes.toFixed(1)} KB`,
        reference: `${few.rssMiB.toFixed(0)} MiB at ${FEW}, ${many.rssMiB.toFixed(0)} at ${MANY}`,
        value: kilobytes,
        unit: 'KB',
        limit: 25,
      },
      {
        what: `main loop's longest block at ${MANY}, a scrape every 15 s`,
        measured: `${many.blockMs.toFixed(0)} ms`,
        value: many.blockMs,
        unit: 'ms',
        limit: 50,
      },
    ];
  },
};
