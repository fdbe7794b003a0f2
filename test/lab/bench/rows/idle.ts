import type { Row } from '../row.ts';

const SERVICES = 20;

export const idle: Row = {
  name: 'idle',
  title: 'CPU time of all threads with next to nothing to do, a scrape every 15 s',
  async run(lab) {
    const { load, queries } = await lab.watch(SERVICES);
    return [
      {
        what: `${SERVICES} Services`,
        measured: `${(load * 100).toFixed(2)} % (${queries} queries)`,
        value: load * 100,
        unit: '% of a core',
        limit: 0.3,
      },
    ];
  },
};
