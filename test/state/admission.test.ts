import { describe, expect, it } from 'vitest';
import { Admission } from '../../src/state/admission.ts';
import { specOf } from '../spec.ts';

const off = { settings: { enabled: false } };

describe('Admission', () => {
  it('does not watch what is disabled, and takes it in and out as the annotation changes', () => {
    const admission = new Admission(0);
    expect(admission.seen(specOf('db', off))).toEqual({ watch: [], unwatch: [] });
    expect(admission.disabled).toBe(1);
    expect(admission.seen(specOf('db')).watch).toHaveLength(1);
    expect(admission.disabled).toBe(0);
    expect(admission.seen(specOf('db', off))).toEqual({ watch: [], unwatch: ['shop/db'] });
    expect(admission.gone('shop/db')).toEqual({ watch: [], unwatch: [] });
    expect(admission.disabled).toBe(0);
  });

  it('keeps to the cap, and fills a place that becomes free with the first that was dropped', () => {
    const admission = new Admission(2);
    for (const name of ['a', 'b', 'c', 'd']) admission.seen(specOf(name));
    expect(admission.dropped).toEqual({ max_services: 2 });
    expect(admission.seen(specOf('a', { externalName: 'new.example.com' })).watch).toHaveLength(1);
    const { watch, unwatch } = admission.gone('shop/b');
    expect([watch.map(({ name }) => name), unwatch]).toEqual([['c'], ['shop/b']]);
    expect(admission.gone('shop/d')).toEqual({ watch: [], unwatch: [] });
    expect(admission.dropped).toEqual({ max_services: 0 });
  });

  it('counts Services by annotation with a bad value, until it is mended or gone', () => {
    const admission = new Admission(0);
    admission.seen(specOf('a', { invalidAnnotations: ['interval', 'severity'] }));
    admission.seen(specOf('b', { invalidAnnotations: ['interval'] }));
    expect(admission.invalid).toEqual({ interval: 2, severity: 1 });
    admission.seen(specOf('a'));
    admission.gone('shop/b');
    expect(admission.invalid).toEqual({});
  });
});
