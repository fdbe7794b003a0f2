import type { Blame, Verdict } from '../../../src/model/verdict.ts';

/** What /metrics says of one Service: `up` (`-` where it is absent), verdict, blame. */
export type Words = `${'-' | '0' | '1'} ${Verdict} ${Blame}`;

/** What a scrape says of a Service: `gone` where it says nothing. */
export type Said = Words | 'gone';

export const HEALTHY: Words = '1 healthy none';
export const PENDING: Words = '- pending none';

const VERDICT =
  /^externalname_service_verdict\{namespace="([^"]+)",service="([^"]+)",verdict="(\w+)",blame="(\w+)"\}/gm;
const UP = /^externalname_service_up\{namespace="([^"]+)",service="([^"]+)"\} ([01])/gm;

/**
 * What a scrape says of every Service, by `namespace/service`. Its text is read by two expressions and not
 * as samples: four scrapes a second share an event loop with the packets that they tell of.
 */
export function wordsOf(text: string): Map<string, Words> {
  const up = new Map<string, string>();
  for (const [, namespace, service, value = ''] of text.matchAll(UP)) {
    up.set(`${namespace}/${service}`, value);
  }
  const words = new Map<string, Words>();
  for (const [, namespace, service, verdict, blame] of text.matchAll(VERDICT)) {
    const key = `${namespace}/${service}`;
    words.set(key, `${up.get(key) ?? '-'} ${verdict} ${blame}` as Words);
  }
  return words;
}
