import { expect, it } from 'vitest';
import { hardPlaces, readabilityOf, report } from '../../../docs/readability.ts';

const PAGE = `# A title

Nobody tells it. It is \`what\` it is, too.

| what | b |
|---|---|
| two words | three more words |

- one item
- what lies here

\`\`\`sh
whom it may concern
\`\`\`
`;

it('counts the words of sentences and items, without code, headings and tables', () => {
  const { words, wordsPerSentence } = readabilityOf(PAGE);
  expect(words).toBe(21);
  // Two sentences of 3 and 6 words, two items of 2 and 3.
  expect(wordsPerSentence).toBeCloseTo((3 + 6 + 2 + 3) / 4);
});

it('gives rates for 10,000 words', () => {
  const { rates } = readabilityOf(PAGE);
  expect(rates['hard words']).toBeCloseTo((2 / 21) * 10_000);
  expect(rates['"what" as a noun']).toBeCloseTo((1 / 21) * 10_000);
  expect(rates['", too"']).toBeCloseTo((1 / 21) * 10_000);
});

it('takes "what" of a question and "what to do" for plain', () => {
  expect(hardPlaces('What is wrong? What to do: restart.')).toEqual([]);
  expect(hardPlaces('It shows what is wrong.')).toEqual(['It shows what is wrong.']);
});

it('has a row for each page, and one for all', () => {
  const lines = report(
    new Map([
      ['a.md', 'One two.'],
      ['b.md', 'Three.'],
    ]),
  ).split('\n');
  expect(lines.map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    ['page', 'words', 'words/sentence'],
    ['a.md', '2', '2.0'],
    ['b.md', '1', '1.0'],
    ['all pages', '3', '1.5'],
    ['The last three columns are counts per 10,000 words.'],
    [''],
  ]);
});
