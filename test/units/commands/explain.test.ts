import { describe, expect, it } from 'vitest';
import { CHANGE_KINDS } from '../../../src/model/drift.ts';
import { EXTENDED_ERRORS } from '../../../src/model/extended-error.ts';
import { FINDINGS, RULES } from '../../../src/model/finding.ts';
import { OUTCOMES } from '../../../src/model/outcome.ts';
import { BLAMES, VERDICTS } from '../../../src/model/verdict.ts';
import { explanations, KINDS } from '../../../src/views/explain.ts';
import { type Ran, runCommand } from '../../fixtures/command.ts';

const run = (...words: string[]): Promise<Ran> => runCommand(['explain', ...words]);

describe('explanations', () => {
  it('has every word of the contracts, and what its table says of it', async () => {
    const all = await explanations();
    const told = (kind: string, word: string) =>
      all.find((one) => one.kind === kind && one.word === word)?.meaning;
    for (const [word, { meaning }] of Object.entries(VERDICTS))
      expect(told('verdict', word)).toBe(meaning);
    for (const [word, { meaning }] of Object.entries(BLAMES))
      expect(told('blame', word)).toBe(meaning);
    for (const word of RULES) expect(told('finding', word)).toBe(FINDINGS[word].meaning);
    for (const [word, { meaning }] of Object.entries(OUTCOMES))
      expect(told('outcome', word)).toBe(meaning);
    for (const { name, meaning } of EXTENDED_ERRORS)
      expect(told('extended error', name)).toBe(meaning);
    for (const [word, meaning] of Object.entries(CHANGE_KINDS))
      expect(told('drift', word)).toBe(meaning);
    expect(told('metric', 'externalname_service_up')).toContain('gets an address');
    expect(told('metric', 'externalname_server_up')).toContain('control query');
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(KINDS));
  });
});

describe('explain', () => {
  it('says what a finding means, how bad it is, and what to do', async () => {
    const { status, stdout } = await run('unqualified_target');
    const { meaning, advice } = FINDINGS.unqualified_target;
    expect(status).toBe(0);
    expect(stdout).toBe(`unqualified_target (finding)
  ${meaning}
  Level critical; warning when it resolves, or there is no answer yet; seen in spec and answers.
  Said already by the verdict invalid_target or target_nxdomain.
  What to do: ${advice}
  More: docs/findings.md
`);
  });

  it('says of an alert when it fires, what to look at, and what to do', async () => {
    const { status, stdout } = await run('externalnametargetfailing');
    expect(status).toBe(0);
    expect(stdout).toBe(`ExternalNameTargetFailing (alert)
  A target that many ExternalName Services share does not resolve.
  Fires when three or more Services that were up within 24 h share one target and are down, and no other target in its domain fails, for 1m. Severity critical.
  Look first at: The target itself, at cluster DNS and at a resolver outside.
  What to do: Restore the record of the target, or point the Services to another name.
  More: docs/runbooks/ExternalNameTargetFailing.md
`);
  });

  it('takes several words, a part of a histogram, and dashes', async () => {
    const { stdout } = await run('externalname_probe_duration_seconds_bucket', 'target-nxdomain');
    expect(stdout).toMatch(/^externalname_probe_duration_seconds \(metric\)\n/);
    expect(stdout).toContain('  More: docs/metrics.md#externalname_probe_duration_seconds\n');
    expect(stdout).toContain(
      `\ntarget_nxdomain (verdict)\n  ${VERDICTS.target_nxdomain.meaning}\n`,
    );
  });

  it('lists all words where none is given', async () => {
    const { status, stdout } = await run();
    expect(status).toBe(0);
    for (const { word, meaning } of await explanations())
      expect(stdout).toMatch(new RegExp(`^ {2}${word} +${RegExp.escape(meaning)}$`, 'm'));
  });

  it.each([
    ['a near miss', 'target_nxdomian', 'did you mean target_nxdomain?'],
    ['a near miss of an alert', 'ExternalNameServiceSlo', 'did you mean ExternalNameServiceSlow?'],
    ['nonsense', 'constructor', 'explain without a word lists all'],
  ])('answers %s with one line and status 2', async (_what, word, help) => {
    expect(await run(word)).toEqual({
      status: 2,
      stdout: '',
      stderr: `externalname-monitor: Cannot explain: no such word (${help}), got "${word}"\n`,
    });
  });
});
