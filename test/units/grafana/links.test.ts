import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesIn, readText } from '../../fixtures/yaml.ts';
import { GENERATED, type Link } from './boards.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PROJECT = 'https://github.com/externalname-monitor/externalname-monitor/blob/main/';
const STATUS_PAGE = `\${status_page}/`;
const UIDS = GENERATED.map(({ board }) => board.uid);

/** The anchors that a Markdown file has on GitHub: headings without punctuation. */
function anchorsOf(file: string): string[] {
  return [...readText(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

test('every runbook is one click away from the panel that shows what it is about', () => {
  const urls = GENERATED.flatMap(({ panels }) => panels)
    .flatMap(({ links = [] }) => links)
    .map(({ url }) => url);
  const runbooks = filesIn('docs/runbooks').map((file) => `${PROJECT}${file}`);
  expect(runbooks.filter((url) => !urls.includes(url))).toEqual([]);
});

describe.each(GENERATED)('$file', ({ board, panels }) => {
  const ofCells = panels.flatMap(({ fieldConfig }) =>
    (fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
      properties.flatMap(({ id, value }) => (id === 'links' ? (value as Link[]) : [])),
    ),
  );
  const ofPanels = panels.flatMap(({ links = [] }) => links);
  const links = [...board.links, ...ofPanels, ...ofCells];

  test('leads to the other dashboards and to the page about it', () => {
    const urls = board.links.map(({ url }) => url);
    for (const uid of UIDS.filter((uid) => uid !== board.uid))
      expect(urls).toContainEqual(expect.stringMatching(`^/d/${uid}\\?`));
    expect(urls).toContain(`${PROJECT}docs/dashboards.md`);
  });

  test.each(links.map((link) => [link.url, link] as const))('%s is there', (url, link) => {
    expect(link.title).toBeTruthy();
    if (url.startsWith('/d/')) {
      const [, uid = '', query = ''] = /^\/d\/([\w-]+)\?(.*)$/.exec(url) ?? [];
      expect(UIDS).toContain(uid);
      // The data source, the clusters and the time stay the same; from a row, its cluster.
      const ofRow = query.includes('__data.fields');
      const cluster = ofRow ? `var-cluster=\${__data.fields.cluster}` : `\${cluster:queryparam}`;
      expect(query).toContain(`\${datasource:queryparam}&\${status_page:queryparam}&${cluster}`);
      expect(link.keepTime || query.includes(`\${__url_time_range}`)).toBe(true);
      const there = GENERATED.find((one) => one.board.uid === uid)?.board.templating.list;
      for (const [, name] of query.matchAll(/var-(\w+)=/g))
        expect(there?.map((variable) => variable.name)).toContain(name);
      return;
    }
    expect(link.targetBlank).toBe(true);
    if (url.startsWith(STATUS_PAGE)) {
      expect(url.slice(STATUS_PAGE.length)).toMatch(/^$|^services\/[^/]+\/[^/]+$/);
      return;
    }
    expect(url.startsWith(PROJECT)).toBe(true);
    const [file = '', anchor] = url.slice(PROJECT.length).split('#');
    expect(existsSync(join(ROOT, file))).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(file)).toContain(anchor);
  });

  test('a cell leads on by labels that its table has', () => {
    for (const { transformations = [], fieldConfig } of panels) {
      const columns = transformations.flatMap(({ options }) =>
        Object.keys(options.renameByName ?? {}),
      );
      const named = JSON.stringify(fieldConfig ?? {}).matchAll(/__data\.fields\.(\w+)/g);
      for (const [, field] of named) expect(columns).toContain(field);
    }
  });
});
