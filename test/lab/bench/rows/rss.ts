import type { Row } from '../row.ts';

const LIMITS = [
  { services: 20, limit: 80 },
  { services: 100, limit: 85 },
  { services: 1_000, limit: 115 },
  { services: 10_000, limit: 230 },
];

export const rss: Row = {
  name: 'rss',
  title: 'Resident memory of the built bundle, watching over TLS, highest once warm',
  async run(lab) {
    // At the same time, because parallel runs do not affect memory.
    const runs = await Promise.all(LIMITS.map(({ services }) => lab.watch(services)));
    return runs.map(({ services, histograms, rssMiB }, i) => ({
      what: `${services} Services${histograms ? '' : ', histograms off'}`,
      measured: `${rssMiB.toFixed(0)} MiB`,
      value: rssMiB,
      unit: 'MiB',
      ...(LIMITS[i] ? { limit: LIMITS[i].limit } : {}),
    }));
  },
};
