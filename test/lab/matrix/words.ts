import type { Blame, Verdict } from '../../../src/model/verdict.ts';

/** The words of /metrics for one Service: `up` (`-` if absent), verdict, blame. */
export type Words = `${'-' | '0' | '1'} ${Verdict} ${Blame}`;

/** The words of a scrape for a Service; `gone` if it has none. */
export type Said = Words | 'gone';

export const HEALTHY: Words = '1 healthy none';
export const PENDING: Words = '- pending none';

const VERDICT =
  /^externalname_service_verdict\{namespace="([^"]+)",service="([^"]+)",verdict="(\w+)",blame="(\w+)"\}/gm;
const UP = /^externalname_service_up\{namespace="([^"]+)",service="([^"]+)"\} ([01])/gm;

/**
 * The words of a scrape for every Service, by `namespace/service`. Two regular expressions read the
 * text, and no sample parser: four scrapes per second share an event loop with the packets that
 * they are about.
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
