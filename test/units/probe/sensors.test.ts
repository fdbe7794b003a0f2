import { describe, expect, it } from 'vitest';
import type { SensorReport } from '../../../src/model/messages.ts';
import { Sensors } from '../../../src/probe/sensors.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { FakeClock, FakeDns, type Script, SERVER } from './_fake.ts';

const PAUSE_MS = 30_000;
/** Until the next queries have ended. */
const NEXT_MS = PAUSE_MS + 5_000;
const POD = { address: '10.0.1.1', port: 53, label: '10.0.1.1:53' };
const CONTROL = 'kubernetes.default.svc.cluster.local';
const works: Script = () => undefined;
const hangs =
  (hanging: string): Script =>
  ({ name }) =>
    name === hanging ? 'timeout' : undefined;

function start(script: Script = works, upstreamCanary = '.') {
  const clock = new FakeClock();
  const dns = new FakeDns(clock);
  dns.script = script;
  const reports: SensorReport[] = [];
  const results: string[] = [];
  const sensors = new Sensors(
    probeConfig([SERVER], { upstreamCanary, timeoutMs: 2_000 }),
    clock,
    dns.open,
    {
      report: (report) => reports.push(report),
      onResult: (sensor, { label }, { outcome }) => results.push(`${sensor} ${label} ${outcome}`),
      pauseMs: () => PAUSE_MS,
      onFault: (error) => {
        throw error;
      },
    },
  );
  sensors.ask();
  const of = (type: SensorReport['type']): readonly string[] =>
    reports.filter((report) => report.type === type).map(({ result }) => result.outcome);
  return { clock, dns, sensors, reports, results, of };
}

describe('Sensors', () => {
  it('ask each server both queries once an interval', async () => {
    const { clock, dns, sensors, of } = start();
    sensors.setOthers([POD]);
    await clock.advance(2 * PAUSE_MS + 5_000);
    expect(of('control')).toHaveLength(6);
    expect(of('upstream')).toHaveLength(6);
    expect(new Set(dns.asked.map(({ name, type }) => `${name} ${type}`))).toEqual(
      new Set([`${CONTROL} A`, '. NS']),
    );
    expect(dns.asked.filter(({ server }) => server === POD.label)).toHaveLength(6);
    expect(dns.opened).toBe(0);
  });

  it('report a failure once it is confirmed, with what came before', async () => {
    const { clock, dns, sensors, reports, results } = start();
    await clock.advance(1_000);
    let lost = 1;
    dns.script = ({ name }) => (name === CONTROL && lost-- > 0 ? 'timeout' : undefined);
    await clock.advance(NEXT_MS);
    expect(reports.filter(({ type }) => type === 'control').at(-1)).toMatchObject({
      result: { outcome: 'ok' },
      earlier: { outcome: 'timeout' },
    });
    // Who decides on silence sees it at once.
    expect(results).toContain(`control ${SERVER.label} timeout`);
    dns.script = hangs(CONTROL);
    await clock.advance(NEXT_MS);
    expect(reports.at(-1)).toMatchObject({ type: 'control', result: { outcome: 'timeout' } });
    expect(sensors.isFailing('control', SERVER.label)).toBe(true);
    // A known failure is asked once a time.
    const asked = dns.asked.length;
    await clock.advance(PAUSE_MS);
    expect(dns.asked.length - asked).toBe(1);
  });

  it('ask upstream only of a server that answers by itself', async () => {
    const { clock, dns } = start(hangs(CONTROL));
    await clock.advance(2 * PAUSE_MS);
    expect(dns.queriesFor('.')).toEqual([]);
    dns.script = works;
    await clock.advance(NEXT_MS);
    expect(dns.queriesFor('.').length).toBeGreaterThan(0);
  });

  it('report nothing of upstream before it has worked once', async () => {
    const { clock, dns, sensors, of } = start(hangs('.'));
    await clock.advance(2 * PAUSE_MS);
    expect(dns.queriesFor('.').length).toBeGreaterThan(0);
    expect([of('upstream'), sensors.hasUpstream(SERVER.label)]).toEqual([[], false]);
    dns.script = works;
    await clock.advance(PAUSE_MS);
    expect([of('upstream'), sensors.hasUpstream(SERVER.label)]).toEqual([['ok'], true]);
    dns.script = hangs('.');
    await clock.advance(NEXT_MS);
    expect(of('upstream').at(-1)).toBe('timeout');
    expect(sensors.isFailing('upstream', SERVER.label)).toBe(true);
  });

  it('take any answer from outside for one, and an error for none', async () => {
    const { clock, dns, of, sensors } = start(({ name }) =>
      name === '.' ? 'nxdomain' : undefined,
    );
    await clock.advance(1_000);
    expect(of('upstream')).toEqual(['nxdomain']);
    expect(sensors.isFailing('upstream', SERVER.label)).toBe(false);
    dns.script = ({ name }) => (name === '.' ? 'servfail' : undefined);
    await clock.advance(NEXT_MS);
    expect(sensors.isFailing('upstream', SERVER.label)).toBe(true);
  });

  it('report REFUSED, which says nothing about upstream', async () => {
    const { clock, dns, of, results, sensors } = start();
    await clock.advance(1_000);
    dns.script = ({ name }) => (name === '.' ? 'refused' : undefined);
    await clock.advance(NEXT_MS);
    expect(of('upstream')).toEqual(['ok', 'refused']);
    expect(results.filter((one) => one.startsWith('upstream'))).toHaveLength(1);
    expect(sensors.isFailing('upstream', SERVER.label)).toBe(false);
  });

  it('are not asked more often, however many ask for it', async () => {
    const { clock, dns, sensors } = start();
    for (let i = 0; i < 100; i++) {
      sensors.ask();
      await clock.advance(20);
    }
    // Two seconds, each 400 ms at most.
    expect(dns.queriesFor(CONTROL).length).toBeLessThanOrEqual(5);
    expect(dns.queriesFor(CONTROL).length).toBeGreaterThanOrEqual(4);
  });

  it('never have two queries of one sensor under way at a server', async () => {
    const { clock, dns, sensors } = start(hangs(CONTROL));
    for (let i = 0; i < 8; i++) {
      await clock.advance(450);
      sensors.ask();
    }
    // The second confirms the first.
    expect(dns.queriesFor(CONTROL)).toHaveLength(2);
  });

  it('leave out upstream without a name to ask for', async () => {
    const { clock, dns } = start(works, '');
    await clock.advance(PAUSE_MS);
    expect(dns.asked.every(({ name }) => name === CONTROL)).toBe(true);
  });

  it('forget servers that are gone, and keep what they know of others', async () => {
    const { clock, sensors, reports } = start();
    sensors.setOthers([POD]);
    await clock.advance(1_000);
    expect(sensors.hasUpstream(POD.label)).toBe(true);
    sensors.setOthers([]);
    expect(sensors.hasUpstream(POD.label)).toBe(false);
    expect(sensors.hasUpstream(SERVER.label)).toBe(true);
    const before = reports.length;
    await clock.advance(PAUSE_MS);
    expect(reports.slice(before).map(({ server }) => server)).not.toContain(POD.label);
  });

  it('ask and report nothing once stopped', async () => {
    const { clock, dns, sensors, reports } = start();
    sensors.stop();
    await clock.advance(1_000);
    expect(reports).toEqual([]);
    const asked = dns.asked.length;
    sensors.ask();
    await clock.advance(3 * PAUSE_MS);
    expect(dns.asked.length).toBe(asked);
    expect(dns.opened).toBe(0);
  });
});
