import { expect, test } from 'vitest';
import { changesByHand } from '../../../src/demo/scenario/by-hand.ts';
import { scenarioEvents } from '../../../src/demo/scenario/events.ts';
import { guide } from '../../../src/demo/scenario/guide.ts';
import { scenarioServices } from '../../../src/demo/scenario/services.ts';

const text = guide({
  url: 'http://127.0.0.1:65535',
  apiUrl: 'http://127.0.0.1:65534',
  dns: { host: '127.0.0.1', port: 65533 },
});
const lines = text.split('\n');

test('no line is wrapped on a terminal of 120 columns', () => {
  expect(lines.filter((line) => line.length > 120)).toEqual([]);
});

test('every Service has one line, under its verdict', () => {
  let verdict = '';
  const shown = lines.flatMap((line) => {
    const [, word, service] = /^ {2}(\w*) +(\S+\/\S+) {2}/.exec(line) ?? [];
    if (service === undefined) return [];
    verdict = word || verdict;
    return [`${service} ${verdict}`];
  });
  const expected = scenarioServices.map(
    ({ namespace, name, expected: { verdict } }) => `${namespace}/${name} ${verdict}`,
  );
  expect(shown.slice(0, expected.length)).toEqual(expected);
});

test('every event and every change by hand has a line', () => {
  for (const { look } of scenarioEvents) expect(text).toContain(look);
  for (const { body } of changesByHand) {
    if (body !== undefined) expect(text).toContain(`-d '${JSON.stringify(body)}'\n`);
  }
  expect(text).toContain('curl -X DELETE $api/ci/services/mine\n');
});
