import { expect, it } from 'vitest';
import { prefersProtobuf } from '../../../src/http/accept.ts';

const PROTOBUF =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';

/** As Prometheus 2.42 and 3.16 ask with native histograms, and as they ask without. */
const NATIVE_2 = `${PROTOBUF},application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`;
const NATIVE_3 = `${PROTOBUF};q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1`;
const USUAL_2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
/** Prometheus 3 names it last where native histograms are off. */
const USUAL_3 = `application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4,${PROTOBUF};q=0.2,*/*;q=0.1`;

it.each([
  [NATIVE_2, true],
  [NATIVE_3, true],
  [PROTOBUF.toUpperCase(), true],
  [PROTOBUF.replaceAll(';', ' ; ').replace('delimited', '"delimited"'), true],
  [`text/plain, ${PROTOBUF}`, true],
  [USUAL_2, false],
  [USUAL_3, false],
  [`${PROTOBUF};q=0`, false],
  [`text/plain, ${PROTOBUF};q=0.9`, false],
  [PROTOBUF.replace('delimited', 'text'), false],
  [PROTOBUF.replace('MetricFamily', 'Other'), false],
  ['application/vnd.google.protobuf', false],
  ['*/*', false],
  ['', false],
  [undefined, false],
])('for accept %j the protobuf format is wanted: %s', (header, wanted) => {
  expect(prefersProtobuf(header)).toBe(wanted);
});
